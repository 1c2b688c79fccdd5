import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { memberHeader } from '../../main/outputs/member-header.ts'
import { reportOf } from '../../shared/errors.ts'
import { testContext } from '../support/context.ts'
import { workspaceOf } from '../support/conversion.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { describeOutput } from '../support/output-suite.ts'
import { testTask } from '../support/task.ts'

for (const compression of ['none', 'gzip', 'zstd'] as const)
  describeOutput({
    name: 'tarball',
    destination: (path) => ({ kind: 'tar', path, compression, overwrite: true }),
    source: (path) => ({ kind: 'tar', path }),
  })

/** What GNU tar sees: names, and that owner, time and mode say nothing of this machine. */
function listed(path: string): string[] {
  const text = execFileSync('tar', ['--numeric-owner', '--full-time', '--utc', '-tvf', path], {
    encoding: 'utf8',
  })
  return text.trim().split('\n')
}

async function written(
  options: { readonly reference?: string; readonly flavour?: 'docker-24' | 'docker-25-gzip' } = {},
) {
  const context = await testContext()
  const image = sampleImage(['localhost:5000/team/app:1', 'debian:12'])
  await writeDockerArchive(image, context.path('in.tar'), { flavour: options.flavour ?? 'docker-24' })
  const { reference } = options
  await runJob(
    {
      kind: 'convert',
      input: { kind: 'tar', path: context.path('in.tar') },
      filters: [],
      output: {
        kind: 'tar',
        path: context.path('out.tar'),
        compression: 'none',
        overwrite: true,
        ...(reference === undefined ? {} : { reference }),
      },
    },
    workspaceOf(context),
    testTask(),
  )
  return { context, image, path: context.path('out.tar') }
}

function manifestOf(path: string) {
  const text = execFileSync('tar', ['-xOf', path, 'manifest.json'], { encoding: 'utf8' })
  return (JSON.parse(text) as { Config: string; RepoTags: string[]; Layers: string[] }[])[0]
}

it('has layers, config and manifest in that order, of nobody and of no time', async () => {
  const { context, image, path } = await written()
  await using _ = context
  const hex = (digest: string): string => digest.slice(7)
  expect(listed(path).map((line) => line.replace(/^(\S+ \S+) +\d+ /, '$1 '))).toEqual(
    [
      ...image.layers.map(({ diffID }) => `${hex(diffID)}/layer.tar`),
      `${hex(image.imageID)}.json`,
      'manifest.json',
    ].map((name) => `-rw-r--r-- 0/0 1970-01-01 00:00:00 ${name}`),
  )
})

it('keeps the whole repository in RepoTags, as docker shows it', async () => {
  const { context, path } = await written()
  await using _ = context
  expect(manifestOf(path)?.RepoTags).toEqual(['localhost:5000/team/app:1', 'debian:12'])
})

it('takes the name it is given, and latest for no tag', async () => {
  const { context, path } = await written({ reference: 'quay.io/a/b' })
  await using _ = context
  expect(manifestOf(path)?.RepoTags).toEqual(['quay.io/a/b:latest'])
})

it('writes the same tarball from compressed layers, whose sizes come after their headers', async () => {
  const plain = await written({ flavour: 'docker-24' })
  const gzip = await written({ flavour: 'docker-25-gzip' })
  await using _ = plain.context
  await using __ = gzip.context
  expect(readFileSync(gzip.path).equals(readFileSync(plain.path))).toBe(true)
})

it('does not replace a file where it may not', async () => {
  await using context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('in.tar'))
  writeFileSync(context.path('out.tar'), 'mine')
  const job = {
    kind: 'convert',
    input: { kind: 'tar', path: context.path('in.tar') },
    filters: [],
    output: { kind: 'tar', path: context.path('out.tar'), compression: 'none', overwrite: false },
  } as const
  const error = await runJob({ ...job, filters: [] }, workspaceOf(context), testTask()).catch(reportOf)
  expect(error).toMatchObject({ code: 'exists' })
  expect(readFileSync(context.path('out.tar'), 'utf8')).toBe('mine')
})

it('refuses a folder of that name', async () => {
  await using context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('in.tar'))
  mkdirSync(context.path('out.tar'))
  const error = await runJob(
    {
      kind: 'convert',
      input: { kind: 'tar', path: context.path('in.tar') },
      filters: [],
      output: { kind: 'tar', path: context.path('out.tar'), compression: 'none', overwrite: true },
    },
    workspaceOf(context),
    testTask(),
  ).catch(reportOf)
  expect(error).toMatchObject({ code: 'exists', message: `${context.path('out.tar')} is a folder.` })
})

it('has one header block for layers of any size, which GNU tar and Python read', () => {
  const sizes = [0, 1, 8 * 1024 ** 3 - 1, 8 * 1024 ** 3, 300 * 1024 ** 3]
  for (const size of sizes) {
    const header = memberHeader('0123/layer.tar', size)
    expect(header.length).toBe(512)
    // It lists the member and then says that the content is missing.
    const line = spawnSync('tar', ['-tvf', '-'], { input: header, encoding: 'utf8' }).stdout
    expect(line).toContain(` ${size} `)
    const python =
      'import sys,tarfile; print(tarfile.TarInfo.frombuf(sys.stdin.buffer.read(), "utf-8", "strict").size)'
    expect(execFileSync('python3', ['-c', python], { input: header, encoding: 'utf8' }).trim()).toBe(
      String(size),
    )
  }
})
