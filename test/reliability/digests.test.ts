import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { runJob } from '../../main/engine/run-job.ts'
import { reportOf } from '../../shared/errors.ts'
import type { Digest } from '../../shared/digest.ts'
import type { DestinationSpec, SourceSpec } from '../../shared/uri.ts'
import { dockerArchiveMembers, ociFiles, type Flavour } from '../support/archive-members.ts'
import { bundleAt, layerBytes, workspaceOf } from '../support/conversion.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { sha256 } from '../support/digests.ts'
import { sampleImage, writePythonDirectory, writeTar, type BuiltImage } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

/** Reliability, law 3 and promise 3: any change of any blob is refused, and nothing of it is visible, cached or indexed. */

const flip = (at: (length: number) => number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes)
  const index = at(bytes.length)
  changed[index] = changed[index]! ^ 0x20
  return changed
}

/** What is done to the bytes of a blob; `other` is another blob of the image. */
const changes: Readonly<Record<string, (bytes: Buffer, other: Buffer) => Buffer>> = {
  'its first byte flipped': flip(() => 0),
  'its middle byte flipped': flip((length) => length >> 1),
  'its last byte flipped': flip((length) => length - 1),
  'a byte before it': (bytes) => Buffer.concat([Buffer.from('\0'), bytes]),
  'a byte after it': (bytes) => Buffer.concat([bytes, Buffer.from('\0')]),
  'its end cut off': (bytes) => bytes.subarray(0, -1),
  'nothing in it': () => Buffer.alloc(0),
  'another blob in its place': (_, other) => Buffer.from(other),
  'compressed anew': (bytes) => gzipSync(bytes, { level: 1 }),
}

interface Form {
  readonly source: (path: string) => SourceSpec
  /** The files of the image, by name; blobs are those that hold a config, a layer or a manifest. */
  readonly files: (image: BuiltImage) => Promise<Map<string, Buffer>> | Map<string, Buffer>
  readonly write: (path: string, files: ReadonlyMap<string, Buffer>) => Promise<void>
}

const tar = (files: (image: BuiltImage) => Map<string, Buffer>): Form => ({
  source: (path) => ({ kind: 'tar', path }),
  files,
  write: (path, all) =>
    writeTar(
      path,
      [...all].map(([name, content]) => ({ path: name, content })),
    ),
})

const docker = (flavour: Flavour): Form =>
  tar((image) => {
    const members = dockerArchiveMembers([image], flavour).filter(({ type = 'file' }) => type === 'file')
    return new Map(members.map(({ path, content = '' }) => [String(path), Buffer.from(content)]))
  })

async function writeFolder(path: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [name, content] of files) {
    mkdirSync(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), content)
  }
}

const forms: Readonly<Record<string, Form>> = {
  'docker 1.10': docker('docker-1.10'),
  'docker 24': docker('docker-24'),
  'docker 25': docker('docker-25'),
  'docker 25, gzip': docker('docker-25-gzip'),
  podman: docker('podman'),
  'OCI archive': tar((image) => ociFiles([image], { layers: 'zstd', nesting: 1 })),
  'OCI layout': {
    source: (path) => ({ kind: 'layout', path }),
    files: (image) => ociFiles([image], { layers: 'gzip' }),
    write: writeFolder,
  },
  'directory of images': {
    source: (path) => ({ kind: 'dir', path }),
    async files(image) {
      await using context = await testContext()
      await writePythonDirectory(context.folder, image)
      const names = await readdir(context.folder, { recursive: true, encoding: 'utf8' })
      const files = new Map<string, Buffer>()
      for (const name of names.filter((name) => /\.(json|tar)$/.test(name)))
        files.set(name, await readFile(context.path(name)))
      return files
    },
    write: writeFolder,
  },
}

const outputs: Readonly<Record<string, (path: string) => DestinationSpec>> = {
  tar: (path) => ({ kind: 'tar', path, compression: 'none', overwrite: true }),
  dir: (path) => ({ kind: 'dir', path, uniqueNames: false }),
  oci: (path) => bundleAt(path),
}

/**
 * The bytes that a digest names and that make the image: not the documents that only name others, which anybody may write, nor the
 * OCI manifest beside a manifest.json, which docker load does not read either.
 */
function blobsOf(files: ReadonlyMap<string, Buffer>): string[] {
  const isUnread = (name: string): boolean =>
    files.has('manifest.json') && files.get(name)!.includes('schemaVersion')
  return [...files.keys()].filter(
    (name) => /^blobs\/sha256\/|layer\.tar$|^[0-9a-f]{64}\.(json|tar)$/.test(name) && !isUnread(name),
  )
}

/** A docker archive's layer may be compressed as its writer likes: its diffID is all that names it. */
function isSame(form: string, change: string, name: string): boolean {
  const isPlainLayer =
    /layer\.tar$|^[0-9a-f]{64}\.tar$/.test(name) || (form === 'docker 25' && name.startsWith('blobs'))
  return change === 'compressed anew' && isPlainLayer
}

describe.each(Object.entries(forms))('%s', (formName, form) => {
  test('is refused with any blob changed', async () => {
    const image = sampleImage()
    const files = await form.files(image)
    const blobs = blobsOf(files)
    expect(blobs.length).toBeGreaterThanOrEqual(3)
    for (const name of blobs)
      for (const [change, apply] of Object.entries(changes)) {
        const bytes = files.get(name)!
        const other = files.get(blobs.find((blob) => blob !== name && !files.get(blob)!.equals(bytes))!)!
        await using context = await testContext()
        await form.write(context.path('image'), new Map([...files, [name, apply(bytes, other)]]))
        for (const [output, destination] of Object.entries(outputs))
          await expectRefused({ context, image, source: form.source(context.path('image')) }, destination, {
            what: `${name} with ${change}, to ${output}`,
            mayPass: isSame(formName, change, name),
          })
      }
  })
})

async function expectRefused(
  { context, image, source }: { context: TestContext; image: BuiltImage; source: SourceSpec },
  destination: (path: string) => DestinationSpec,
  { what, mayPass }: { what: string; mayPass: boolean },
): Promise<void> {
  const { kind } = destination('')
  const path = context.path(`out-${kind}`)
  const output = destination(path)
  const job = runJob(
    { kind: 'convert', input: source, filters: [], output },
    workspaceOf(context),
    testTask(),
  )
  const error = await job.then(() => undefined, reportOf)
  await expectTrueIndex(context, image, what)
  if (error === undefined && mayPass) {
    // What a bundle holds, its own tests tell.
    if (kind !== 'tar' && kind !== 'dir') return
    const read = await layerBytes(context, { kind, path })
    expect(
      read.map((bytes) => sha256(bytes)),
      what,
    ).toEqual(image.layers.map(({ diffID }) => diffID))
    return
  }
  expect(error?.message, what).toMatch(/^[^\n]+\.$/)
  expect(
    ['digest-mismatch', 'malformed', 'truncated', 'missing-blob', 'limit', 'not-an-image'],
    what,
  ).toContain(error?.code)
  expect(existsSync(path), what).toBe(false)
  expect(
    readdirSync(context.folder).filter((name) => name.startsWith('.occystrap')),
    what,
  ).toEqual([])
}

/** What is indexed under a diffID is that layer's, and nothing else is indexed. */
async function expectTrueIndex(context: TestContext, image: BuiltImage, what: string): Promise<void> {
  for (const [diffID, { size }] of context.index.layers) {
    const layer = image.layers.find((layer) => layer.diffID === (diffID satisfies Digest))
    expect(layer?.tar.length, what).toBe(size)
  }
  expect([...context.cache.keys.keys()], what).toEqual([])
}
