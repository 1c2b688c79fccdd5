import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { ReaderService } from '../../main/engine/reader-service.ts'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import { reportOf, type ErrorReport } from '../../shared/errors.ts'
import { dockerArchiveMembers, type Flavour } from '../support/archive-members.ts'
import { cli } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { hex } from '../support/digests.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { buildImage, sampleImage, writeDockerArchive, writeTar } from '../support/image-builder.ts'
import { packTar, type FileSpec } from '../support/tar-builder.ts'
import { testTask } from '../support/task.ts'

/** What a person may drop by mistake or by malice: each is one sentence, from the command line and in the window. */
let context: TestContext
const image = sampleImage()
const { signal } = new AbortController()

/** Each writes a file; the words are those that tell it from the others. */
const files: Readonly<Record<string, readonly [words: RegExp, write: (path: string) => unknown]>> = {
  empty: [/the file is empty/, (path) => writeFileSync(path, '')],
  random: [
    /its content is none that we know/,
    (path) => writeFileSync(path, Buffer.concat([Buffer.from([0xff]), randomBytes(5000)])),
  ],
  html: [/a web page/, (path) => writeFileSync(path, '<!DOCTYPE html><html><body>Sign in</body></html>')],
  plain: [/a tar, but not of an image/, (path) => writeTar(path, [{ path: 'etc/passwd', content: 'root' }])],
  'truncated-header': [/ends before it should|not an image|incomplete/, cut(0.02)],
  'truncated-middle': [/ends before it should|incomplete|parts of an image/, cut(0.5)],
  'truncated-gzip': [
    /ends before it should/,
    async (path: string) => {
      await writeDockerArchive(image, path, { compress: 'gzip' })
      writeFileSync(path, readFileSync(path).subarray(0, -20))
    },
  ],
  'wrong-digest': [
    /not what its digest says/,
    changed('docker-25-gzip', (members) =>
      members.map((member) => (isGzip(member) ? { ...member, content: gzipSync('other') } : member)),
    ),
  ],
  'wrong-diffid': [
    /not what its digest says/,
    changed('podman', (members) =>
      members.map((member) =>
        member.path === `${hex(image.layers[0]!.diffID)}.tar`
          ? { ...member, content: packTar([{ path: 'evil' }]) }
          : member,
      ),
    ),
  ],
  'wrong-config': [
    /not what its digest says/,
    changed('docker-24', (members) =>
      members.map((member) =>
        member.path === `${hex(image.imageID)}.json`
          ? { ...member, content: String(member.content).replace('amd64', 'arm64') }
          : member,
      ),
    ),
  ],
  'missing-layer': [
    /Layer 1 of 2 \(.*\) is not in/,
    changed('podman', (members) =>
      members.filter(({ path }) => path !== `${hex(image.layers[0]!.diffID)}.tar`),
    ),
  ],
  'dot-dot': [
    /leads out of the image/,
    changed('docker-24', manifestWith({ Layers: ['../../etc/passwd', '../x'] })),
  ],
  'absolute-link': [
    /leads out of the image/,
    changed('docker-24', (members) =>
      members.map((member) =>
        String(member.path).endsWith('/layer.tar')
          ? { path: member.path, type: 'symlink', linkname: '/etc/passwd' }
          : member,
      ),
    ),
  ],
  'two-images': [
    /holds 2 images|choose|one:1/i,
    (path) =>
      writeDockerArchive(
        [
          buildImage({ layers: [[{ path: 'a' }]], references: ['one:1'] }),
          buildImage({ layers: [[{ path: 'b' }]], references: ['two:2'] }),
        ],
        path,
      ),
  ],
}

function cut(share: number) {
  return async (path: string): Promise<void> => {
    await writeDockerArchive(image, path, { flavour: 'docker-24' })
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)))
  }
}

function changed(flavour: Flavour, change: (members: FileSpec[]) => FileSpec[]) {
  return (path: string): Promise<void> => writeTar(path, change(dockerArchiveMembers([image], flavour)))
}

function manifestWith(changes: Record<string, unknown>) {
  return (members: FileSpec[]): FileSpec[] =>
    members.map((member) => {
      if (member.path !== 'manifest.json') return member
      const [entry] = JSON.parse(String(member.content)) as [object]
      return { ...member, content: JSON.stringify([{ ...entry, ...changes }]) }
    })
}

const isGzip = ({ content }: FileSpec): boolean =>
  Buffer.from(content ?? '')
    .subarray(0, 2)
    .equals(Buffer.from([0x1f, 0x8b]))

beforeAll(async () => {
  context = await testContext()
  for (const [name, [, write]] of Object.entries(files)) await write(context.path(`${name}.tar`))
  await writeDockerArchive(image, context.path('good.tar'))
  mkdirSync(context.path('place'))
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
})

describe.each(Object.entries(files))('%s', (name, [words]) => {
  test.each(['tar', 'dir'])('to %s: one sentence, status 1, nothing written', async (kind) => {
    const result = await cli(context, 'process', `${name}.tar`, `${kind}://place/${name}`)
    expect(result).toMatchObject({ status: 1, stdout: Buffer.alloc(0) })
    expect(result.stderr).toMatch(words)
    expect(result.stderr).toMatch(/^occystrap: [^\n]+[.]\n$/)
    expect(snapshotOf(context.path('place'))).toEqual({})
  })

  test('in the window: the same words, and the next image opens', async () => {
    const workspace = openWorkspace({ cacheDir: context.path('cache'), configDir: context.path('config') })
    await using reader = new ReaderService(workspace)
    const report = await openInWindow(context.path(`${name}.tar`), reader, workspace)
    expect(report.message).toMatch(words)
    expect(report.message).toMatch(/^[^\n]+[.]$/)
    expect(report.code).not.toBe('internal')
    const good = { kind: 'tar', path: context.path('good.tar') } as const
    expect((await reader.inspect({ source: good }, signal)).imageID).toBe(image.imageID)
  })
})

/** What the window does with a file that was dropped: it is recognised, opened, and its layers are read by a job. */
async function openInWindow(path: string, reader: ReaderService, workspace: Workspace): Promise<ErrorReport> {
  const source = { kind: 'tar', path } as const
  try {
    await reader.recognise({ path }, signal)
    await reader.inspect({ source }, signal)
    await runJob({ kind: 'index', input: source }, workspace, testTask())
  } catch (error) {
    return reportOf(error)
  }
  throw new Error(`${path} was opened`)
}
