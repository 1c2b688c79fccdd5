import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { cli, startCli } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { buildImage, sampleImage, writeDockerArchive } from '../support/image-builder.ts'

/** Large enough that a conversion is still under way when it is looked at. */
async function writeLarge(context: TestContext): Promise<void> {
  const content = Buffer.alloc(48 * 1024 * 1024)
  for (let i = 0; i < content.length; i += 4096) content.writeUInt32LE(i, i)
  const layers = Array.from({ length: 4 }, (_, i) => [{ path: `large-${i}`, content }])
  await writeDockerArchive(buildImage({ layers, references: ['large:1'] }), context.path('large.tar'))
}

async function untilThereIs(folder: string, pattern: RegExp): Promise<void> {
  while (!readdirSync(folder).some((name) => pattern.test(name))) await sleep(5)
}

describe('a conversion that is stopped', () => {
  for (const destination of ['tar://place/out', 'dir://place/out'])
    it(`by kill -9 leaves ${destination} as it was, and the next one clears up`, async () => {
      await using context = await testContext()
      await writeLarge(context)
      await writeDockerArchive(sampleImage(), context.path('sample.tar'))
      const folder = context.path('place')
      mkdirSync(folder)
      await cli(context, 'process', 'sample.tar', destination)
      const before = snapshotOf(folder)
      for (const delay of [0, 30, 90]) {
        const { child, ended } = startCli(context, ['process', 'large.tar', destination])
        await untilThereIs(
          destination.startsWith('tar') ? folder : join(folder, 'out'),
          /^\.occystrap-.*\.tmp$/,
        )
        await sleep(delay)
        child.kill('SIGKILL')
        expect(await ended).toMatchObject({ signal: 'SIGKILL' })
        const after = snapshotOf(folder)
        const visible = Object.entries(after).filter(([path]) => !path.includes('.occystrap-'))
        expect(Object.fromEntries(visible)).toEqual(before)
      }
      await cli(context, 'process', 'sample.tar', destination)
      expect(snapshotOf(folder)).toEqual(before)
    })

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    it(`by ${signal} leaves nothing and ends with ${status}`, async () => {
      await using context = await testContext()
      await writeLarge(context)
      mkdirSync(context.path('place'))
      const { child, ended } = startCli(context, ['process', 'large.tar', 'tar://place/out.tar'])
      await untilThereIs(context.path('place'), /\.tmp$/)
      child.kill(signal)
      const result = await ended
      expect(result.status).toBe(status)
      expect(result.stderr).toBe('occystrap: Cancelled; nothing was left behind.\n')
      expect(readdirSync(context.path('place'))).toEqual([])
    })
})

describe('output into a pipe', () => {
  it('ends quietly when its reader goes', async () => {
    await using context = await testContext()
    const files = Array.from({ length: 20_000 }, (_, i) => ({
      path: `some/long/path/to/fill/the/pipe/file-${i}`,
    }))
    await writeDockerArchive(
      buildImage({ layers: [files], references: ['many:1'] }),
      context.path('many.tar'),
    )
    const entry = join(import.meta.dirname, '../../main/cli.ts')
    const { stdout, stderr } = await promisify(execFile)(
      'bash',
      ['-c', `"${process.execPath}" "${entry}" ls many.tar --json | head -n 1; echo "\${PIPESTATUS[0]}"`],
      { cwd: context.folder, env: { ...process.env, XDG_CACHE_HOME: context.path('.cache') } },
    )
    expect(stderr).toBe('')
    const [row, status] = stdout.trim().split('\n')
    expect(JSON.parse(row ?? '')).toMatchObject({ path: 'some', type: 'directory' })
    expect(status).toBe('0')
  })
})

describe('errors', () => {
  it('have their detail with --verbose, and no stack', async () => {
    await using context = await testContext()
    writeFileSync(context.path('sample.tar'), '')
    await writeDockerArchive(sampleImage(), context.path('sample.tar'))
    const brief = await cli(context, 'process', 'sample.tar', 'dir:///proc/occystrap')
    const verbose = await cli(context, '--verbose', 'process', 'sample.tar', 'dir:///proc/occystrap')
    expect(brief.status).toBe(1)
    expect(brief.stderr.trim().split('\n')).toHaveLength(1)
    expect(verbose.stderr.split('\n').length).toBeGreaterThan(brief.stderr.split('\n').length)
    expect(verbose.stderr).not.toMatch(/^\s+at /m)
  })
})
