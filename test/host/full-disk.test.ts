import { spawnSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { reportOf } from '../../shared/errors.ts'
import type { DestinationSpec, FilterSpec } from '../../shared/uri.ts'
import { bundleAt, layerBytes } from '../support/conversion.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { buildImage, writeDockerArchive, type BuiltImage } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { testTask } from '../support/task.ts'
import { Tmpfs } from '../support/tmpfs.ts'

const MIB = 1024 ** 2
/** Bytes of the image's layers, which no compression makes smaller. */
const NEED = 12 * MIB
/** From nothing to a tenth more than is needed, and the reserve. */
const SIZES = Array.from({ length: 20 }, (_, i) => Math.ceil(((i + 1) / 20) * 1.1 * NEED))

interface Output {
  readonly name: string
  readonly filters: FilterSpec[]
  readonly to: (path: string) => DestinationSpec
}

const outputs: readonly Output[] = [
  { name: 'tar', filters: [], to: (path) => ({ kind: 'tar', path, compression: 'none', overwrite: true }) },
  {
    name: 'tar.zst',
    filters: [],
    to: (path) => ({ kind: 'tar', path, compression: 'zstd', overwrite: true }),
  },
  {
    name: 'normalised tar',
    filters: [{ kind: 'normalize-timestamps', timestamp: 0 }],
    to: (path) => ({ kind: 'tar', path, compression: 'none', overwrite: true }),
  },
  { name: 'dir', filters: [], to: (path) => ({ kind: 'dir', path, uniqueNames: false }) },
  { name: 'bundle', filters: [], to: (path) => bundleAt(path) },
  {
    name: 'bundle of normalised layers',
    filters: [{ kind: 'normalize-timestamps', timestamp: 0 }],
    to: (path) => bundleAt(path),
  },
]

/** Reliability, promise 9. */
describeWith({ tools: [], root: true }, 'a full disk', () => {
  let context: TestContext
  let image: BuiltImage

  beforeAll(async () => {
    context = await testContext()
    const noise = (seed: number): Buffer => {
      const content = Buffer.alloc(NEED / 3)
      for (let i = 0, x = seed; i < content.length; i += 4) {
        x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0
        content.writeInt32LE(x ^ (x >>> 15), i)
      }
      return content
    }
    image = buildImage({
      layers: [1, 2, 3].map((seed) => [{ path: `noise-${seed}`, content: noise(seed) }]),
      references: ['noise:1'],
    })
    // Compressed layers, so that nobody knows before how much will come of them.
    await writeDockerArchive(image, context.path('image.tar'), { flavour: 'docker-25-gzip' })
  })
  afterAll(async () => {
    await context?.[Symbol.asyncDispose]()
  })

  const convert = (output: Output, path: string, cacheDir: string, source = 'image.tar') =>
    runJob(
      {
        kind: 'convert',
        input: { kind: 'tar', path: context.path(source) },
        filters: output.filters,
        output: output.to(path),
      },
      openWorkspace({ cacheDir, configDir: context.path('config') }),
      testTask(),
    )

  test.each(outputs)(
    'of any size ends a job to $name in words and leaves nothing, or holds it whole',
    async (output) => {
      let refused = 0
      for (const size of SIZES) {
        await using disk = await Tmpfs.mount(size)
        const path = join(disk.path, 'out')
        // Of which nothing is known yet.
        const cache = context.path(`cache-${output.name}-${size}`)
        const error = await convert(output, path, cache).then(() => undefined, reportOf)
        if (!error) {
          const { kind } = output.to(path)
          if (kind === 'tar' || kind === 'dir')
            expect(await layerBytes(context, { kind, path })).toHaveLength(3)
          else expect(await readdir(join(path, 'rootfs'))).toHaveLength(3)
          continue
        }
        refused++
        expect.soft(error, `${size} bytes`).toMatchObject({ code: 'no-space', remedy: expect.any(String) })
        expect.soft(error.message, `${size} bytes`).toContain(disk.path)
        expect.soft(await readdir(disk.path), `${size} bytes`).toEqual([])
      }
      expect(refused).toBeGreaterThan(15)
    },
  )

  test('that is known to be too small says what is needed and what is free, before a byte is moved', async () => {
    await writeDockerArchive(image, context.path('plain.tar'), { flavour: 'podman' })
    await using disk = await Tmpfs.mount(4 * MIB)
    const error = await convert(outputs[0]!, join(disk.path, 'out'), context.path('cache'), 'plain.tar').then(
      () => undefined,
      reportOf,
    )
    expect(error?.message).toMatch(/13 MB are needed and 4 MB may be used\.$/)
    expect(error?.detail).toMatch(/^\d+ bytes are needed, \d+ may be used/)
  })

  test.each(outputs)('without room for another file ends a job to $name in words', async (output) => {
    for (const inodes of [1, 2, 3, 4]) {
      await using disk = await Tmpfs.mount(4 * NEED, `nr_inodes=${inodes}`)
      const error = await convert(output, join(disk.path, 'out'), context.path('cache')).then(
        () => undefined,
        reportOf,
      )
      if (error) {
        expect.soft(error.code, `${inodes} files`).toBe('no-space')
        expect.soft(await readdir(disk.path), `${inodes} files`).toEqual([])
      } else expect(await readdir(disk.path)).toEqual(['out'])
    }
  })

  test('under the cache slows a conversion and does not fail it', async () => {
    for (const size of [4096, 16 * 1024, MIB]) {
      await using disk = await Tmpfs.mount(size)
      const path = context.path(`out-${size}`)
      await convert(outputs[0]!, path, join(disk.path, 'cache'))
      expect(await layerBytes(context, { kind: 'tar', path })).toHaveLength(3)
      expect(Object.keys(snapshotOf(disk.path)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    }
  })

  test('a limit on the size of files is said like a full disk', async () => {
    const entry = join(import.meta.dirname, '../../main/cli.ts')
    await mkdir(context.path('limited'))
    for (const kind of ['tar', 'dir']) {
      const { status, stderr } = spawnSync(
        'bash',
        [
          '-c',
          'ulimit -f 2048; exec "$0" "$@"',
          process.execPath,
          entry,
          'process',
          'image.tar',
          `${kind}://limited/out`,
        ],
        {
          cwd: context.folder,
          encoding: 'utf8',
          env: { ...process.env, XDG_CACHE_HOME: context.path('.cache') },
        },
      )
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^occystrap: There is not enough room in \S+limited: the largest size of a file was reached\.[^\n]+\n$/,
      )
      expect(await readdir(context.path('limited'))).toEqual([])
    }
  })
})
