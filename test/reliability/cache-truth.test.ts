import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { reportOf } from '../../shared/errors.ts'
import { testContext } from '../support/context.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

/** Reliability, promise 24: what the disk did to the cache is found before it is used, and what it held is made again. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  'a bit flipped at its start': flipAt(() => 3),
  'a bit flipped in a name': flipAt((bytes) => bytes.indexOf('manifest.json')),
  'a bit flipped in a layer': flipAt((bytes) => bytes.indexOf('Replaced.')),
  'a bit flipped in the config': flipAt((bytes) => bytes.indexOf('created_by')),
  'its end cut off': (path) => truncateSync(path, statSync(path).size >> 1),
  'nothing in it': (path) => truncateSync(path, 0),
}

function flipAt(place: (bytes: Buffer) => number) {
  return (path: string): void => {
    const { atime, mtime } = statSync(path)
    const bytes = readFileSync(path)
    const at = place(bytes)
    bytes[at] = bytes[at]! ^ 1
    writeFileSync(path, bytes)
    utimesSync(path, atime, mtime)
  }
}

test.each(Object.entries(damages))('an inflated archive in the cache with %s', async (_, damage) => {
  await using context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('image.tar.gz'), {
    flavour: 'docker-24',
    compress: 'gzip',
  })
  const folders = { cacheDir: context.path('cache'), configDir: context.path('config') }
  const copyTo = (name: string) =>
    runJob(
      {
        kind: 'convert',
        input: { kind: 'tar', path: context.path('image.tar.gz') },
        filters: [],
        output: { kind: 'tar', path: context.path(name), compression: 'none', overwrite: true },
      },
      openWorkspace(folders),
      testTask(),
    )
  await copyTo('before.tar')
  const cached = readdirSync(context.path('cache/layers'))
  expect(cached).toHaveLength(1)
  damage(join(context.path('cache/layers'), cached[0]!))

  // At once, or when the person tries again: never wrong bytes, and never stuck.
  const error = await copyTo('after.tar').then(() => undefined, reportOf)
  if (error) {
    expect(error.message).toMatch(/^[^\n]+\.$/)
    expect(error.code).not.toBe('internal')
    await copyTo('after.tar')
  }
  expect(readFileSync(context.path('after.tar')).equals(readFileSync(context.path('before.tar')))).toBe(true)
  expect(Object.keys(snapshotOf(context.path('cache/layers')))).toEqual(cached)
})
