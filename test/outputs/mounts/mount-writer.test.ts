import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runJob } from '../../../main/engine/run-job.ts'
import { reportOf } from '../../../shared/errors.ts'
import type { DestinationSpec } from '../../../shared/uri.ts'
import { testContext, type TestContext } from '../../support/context.ts'
import { convert, workspaceOf } from '../../support/conversion.ts'
import { NthChangeFails } from '../../support/faults.ts'
import { snapshotOf } from '../../support/folder-snapshot.ts'
import { buildImage, sampleImage, writeDockerArchive, type BuiltImage } from '../../support/image-builder.ts'
import { testTask, type TestTask } from '../../support/task.ts'

const WORKER = join(import.meta.dirname, '../../support/killed-worker.ts')

let count = 0

/** Adds an image to the folder `mounts` of the context. */
async function add(context: TestContext, image: BuiltImage, task: TestTask = testTask()) {
  const path = context.path(`source-${++count}.tar`)
  await writeDockerArchive(image, path)
  const output = { kind: 'mounts', path: context.path('mounts'), mount: false } as const
  return convert(context, { kind: 'tar', path }, output, { task })
}

function variantOf(base: BuiltImage): BuiltImage {
  return buildImage({
    layers: [...base.layers.map(({ tar }) => tar), [{ path: 'etc/added', content: 'later' }]],
    references: ['variant:2'],
  })
}

function at(context: TestContext, ...names: string[]): string {
  return join(context.path('mounts'), ...names)
}

const idOf = (image: BuiltImage): string => image.imageID.slice(7, 19)

describe('a folder of images to mount', () => {
  it('has a folder for each layer, and one for the image that names them', async () => {
    await using context = await testContext()
    const image = sampleImage()
    const outcome = await add(context, image)
    expect(outcome).toMatchObject({ imageID: image.imageID, path: at(context) })
    expect(readdirSync(at(context)).toSorted()).toEqual([
      'README',
      'images',
      'layers',
      'occystrap-mounts.json',
    ])
    const folder = at(context, 'images', idOf(image))
    expect(readdirSync(folder).toSorted()).toEqual([
      'config.json',
      'l',
      'layers.json',
      'merged',
      'mount.sh',
      'umount.sh',
      'upper',
      'work',
    ])
    expect(readFileSync(join(folder, 'config.json'))).toEqual(image.config)
    const layers = JSON.parse(readFileSync(join(folder, 'layers.json'), 'utf8')) as { layers: string[] }
    expect(layers).toMatchObject({ imageID: image.imageID, references: ['sample:1'] })
    const [base, top] = layers.layers as [string, string]
    expect(base).toBe(image.layers[0]?.diffID.slice(7))
    // It names no parent of bin/bash.
    expect(top).not.toBe(image.layers[1]?.diffID.slice(7))
    expect(readlinkSync(join(folder, 'l/0'))).toBe(`../../../layers/${top}`)
    expect(readFileSync(join(folder, 'l/1/etc/passwd'), 'utf8')).toContain('root:x')
    expect(readFileSync(join(folder, 'l/0/etc/motd'), 'utf8')).toBe('Replaced.\n')
    const deleted = lstatSync(join(folder, 'l/0/etc/passwd'))
    expect([deleted.isCharacterDevice(), deleted.rdev]).toEqual([true, 0])
    expect(statSync(join(folder, 'mount.sh')).mode & 0o111).toBe(0o111)
  })

  it('shares layers among images', async () => {
    await using context = await testContext()
    const image = sampleImage()
    await add(context, image)
    const before = readdirSync(at(context, 'layers')).map((name) => statSync(at(context, 'layers', name)).ino)
    const outcome = await add(context, variantOf(image))
    const after = readdirSync(at(context, 'layers')).map((name) => statSync(at(context, 'layers', name)).ino)
    expect(after).toEqual(expect.arrayContaining(before))
    expect(after).toHaveLength(3)
    expect(outcome.bytesWritten).toBe('later'.length)
    expect(readdirSync(at(context, 'images'))).toHaveLength(2)
  })

  it('keeps what was changed in an image that is written again', async () => {
    await using context = await testContext()
    const image = sampleImage()
    await add(context, image)
    const folder = at(context, 'images', idOf(image))
    writeFileSync(join(folder, 'upper/mine'), 'mine')
    const other = buildImage({ layers: image.layers.map(({ tar }) => tar), references: ['again:3'] })
    expect(other.imageID).toBe(image.imageID)
    await add(context, other)
    expect(readFileSync(join(folder, 'upper/mine'), 'utf8')).toBe('mine')
    expect(readFileSync(join(folder, 'layers.json'), 'utf8')).toContain('again:3')
  })

  it('is refused where something else lies', async () => {
    await using context = await testContext()
    mkdirSync(at(context))
    writeFileSync(at(context, 'file'), '')
    await expect(add(context, sampleImage())).rejects.toMatchObject({ code: 'exists' })
    expect(readdirSync(at(context))).toEqual(['file'])
  })

  it('is made in an empty folder', async () => {
    await using context = await testContext()
    mkdirSync(at(context))
    await add(context, sampleImage())
    expect(existsSync(at(context, 'images', idOf(sampleImage()), 'merged'))).toBe(true)
    expect(readdirSync(at(context)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('leaves attributes out that would steer overlay, and says so', async () => {
    await using context = await testContext()
    const task = testTask()
    const xattrs = { 'user.overlay.opaque': 'y', 'trusted.overlay.redirect': '/etc' }
    await add(context, buildImage({ layers: [[{ path: 'a/', type: 'directory', xattrs }]] }), task)
    expect(task.warnings).toMatchObject([
      { code: 'overlay-attribute', message: expect.stringMatching(/^2 /) as unknown },
    ])
  })
})

/** Moments of each kind of run that are tried. */
const MOMENTS = 12

describe('kill -9 while an image to mount is written', () => {
  it.each(['a new folder', 'a folder with another image'])(
    'leaves no half image, and nothing that the next run does not clear: %s',
    { timeout: 120_000 },
    async (what) => {
      await using context = await testContext()
      const image = sampleImage()
      await writeDockerArchive(image, context.path('source.tar.gz'), {
        flavour: 'docker-25-gzip',
        compress: 'gzip',
      })
      const old = buildImage({ layers: [image.layers[0]!.tar, [{ path: 'old' }]], references: ['old:1'] })
      await writeDockerArchive(old, context.path('old.tar'))
      /** Answers the number of changes that a run makes that is not killed, or undefined. */
      const run = async (name: string, n: number): Promise<number | undefined> => {
        const folder = context.path(name)
        const output = { kind: 'mounts', path: join(folder, 'out'), mount: false } as const
        if (!existsSync(folder)) {
          mkdirSync(folder)
          copyFileSync(context.path('source.tar.gz'), join(folder, 'source.tar.gz'))
          const input = { kind: 'tar', path: context.path('old.tar') } as const
          if (what !== 'a new folder') await convert(context, input, output)
        }
        const worker = spawn(process.execPath, [WORKER, folder, JSON.stringify(output), String(n)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let printed = ''
        worker.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
        await once(worker, 'close')
        return printed === '' ? undefined : Number(printed)
      }
      const shown = (name: string) => {
        const all = snapshotOf(context.path(name))
        return Object.fromEntries(Object.entries(all).filter(([path]) => /^out\b/.test(path)))
      }
      const total = await run('whole', 0)
      expect(total).toBeGreaterThan(20)
      const whole = shown('whole')
      for (let moment = 1; moment <= MOMENTS; moment++) {
        const n = Math.round((Number(total) * moment) / (MOMENTS + 1))
        const name = `killed-${n}`
        expect(await run(name, n), `change ${n}`).toBeUndefined()
        const images = context.path(`${name}/out/images`)
        for (const each of existsSync(images) ? readdirSync(images) : [])
          for (const link of readdirSync(join(images, each, 'l')))
            expect(statSync(join(images, each, 'l', link)).isDirectory()).toBe(true)
        await run(name, 0)
        expect(shown(name), `after change ${n}`).toEqual(whole)
        expect(readdirSync(context.path(name)).filter((left) => left.startsWith('.'))).toEqual([])
      }
    },
  )
})

describe.each<{ name: string; destination: (path: string) => DestinationSpec }>([
  { name: 'a folder of images to mount', destination: (path) => ({ kind: 'mounts', path, mount: false }) },
  {
    name: 'an expanded directory',
    destination: (path) => ({ kind: 'dir', path, uniqueNames: false, expand: true }),
  },
])('any failure while $name is written', ({ destination }) => {
  it.each(['a new one', 'one with another image'])('leaves things as they were: %s', async (what) => {
    await using context = await testContext()
    const image = sampleImage()
    await writeDockerArchive(image, context.path('source.tar'), { flavour: 'docker-25-gzip' })
    await writeDockerArchive(
      buildImage({ layers: [image.layers[0]!.tar, [{ path: 'old' }]], references: ['old:1'] }),
      context.path('old.tar'),
    )
    const job = (name: string, path: string) =>
      runJob(
        {
          kind: 'convert',
          input: { kind: 'tar', path: context.path(name) },
          filters: [],
          output: destination(path),
        },
        workspaceOf(context),
        testTask(),
      )
    let n = 1
    for (let isWhole = false; !isWhole; n++) {
      const place = context.path(`place-${n}`)
      mkdirSync(place)
      if (what !== 'a new one') await job('old.tar', join(place, 'out'))
      const before = snapshotOf(place)
      using faults = await NthChangeFails.make(n)
      const error = await job('source.tar', join(place, 'out')).then(() => undefined, reportOf)
      faults[Symbol.dispose]()
      if (error) {
        expect(error, `change ${n}`).toMatchObject({ code: 'io' })
        expect(snapshotOf(place), `change ${n}`).toEqual(before)
      } else isWhole = !faults.isOver
      expect(readdirSync(place).filter((name) => name.startsWith('.'))).toEqual([])
    }
    expect(n).toBeGreaterThan(20)
  })
})
