import { existsSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../support/command.ts'
import { measured, type Measured } from '../support/measured.ts'
import { Registry } from '../support/registries.ts'
import { manyFilesImage } from './bench-image.ts'
import { inTurns } from './measure.ts'
import type { Figure } from './report.ts'
import { inFolder, skopeo, type Bench } from './runs.ts'

/** How a layout names the image that it holds. */
const TAG = 'bench'

/** Root filesystems, against skopeo and umoci and against GNU tar. Attributes and owners of the image want root. */
export async function bundleFigures(bench: Bench, isQuick: boolean): Promise<Figure[]> {
  const peaks: number[] = []
  const watched: Bench = {
    ...bench,
    ours: async (...run) => {
      const result = await bench.ours(...run)
      peaks.push(result.peak)
      return result
    },
  }
  const [tiny, entries] = isQuick ? [10_000, 100_000] : [100_000, 1_000_000]
  const figures = [
    await fromRegistry(watched),
    ...(await inFolder(bench, (work) => fromOpenedImage(watched, bench, work))),
    await ofTinyFiles(watched, tiny),
  ]
  figures.push({
    name: 'peak memory: bundle',
    value: Math.max(...peaks) / 1024 ** 2,
    unit: 'MB',
    limit: 250,
  })
  return [...figures, ...(await ofManyEntries(bench, entries))]
}

async function fromRegistry(bench: Bench): Promise<Figure> {
  await using registry = await Registry.start()
  const name = `${registry.host}/bench:1`
  await inFolder(bench, (work) => skopeo(work, `docker-archive:${bench.image}`, `docker://${name}`))
  const seconds = await inTurns(
    bench.rounds,
    () => inFolder(bench, async (work) => (await bundle(bench, work, `registry://${name}`)).seconds),
    () => inFolder(bench, (work) => skopeoAndUmoci(work, `docker://${name}`)),
  )
  return against('registry to bundle', seconds, 0.3, 'skopeo copy + umoci unpack')
}

/** Bundles and mounts of an image whose layers have been read before, with what that has kept. */
async function fromOpenedImage(watched: Bench, bench: Bench, work: string): Promise<Figure[]> {
  const layout = join(work, 'layout')
  await skopeo(work, `docker-archive:${bench.image}`, `oci:${layout}:${TAG}`)
  const source = `layout://${layout}`
  await bench.ours(work, ['search', source, '*'])
  const rootfs = join(work, 'rootfs.tar')
  await bundle(bench, work, source)
  const whole = ['--xattrs', '--numeric-owner']
  await command('tar', ['-cf', rootfs, '-C', join(work, 'bundle', 'rootfs'), ...whole, '.'])
  await clear(work, 'bundle')
  const blobs = await layerBlobs(layout)

  const timed = async (from: Bench, what: 'bundle' | 'mounts'): Promise<number> => {
    const run = await (what === 'bundle' ? bundle : mounts)(from, work, source)
    await clear(work, what)
    return run.seconds
  }
  const bundles = await inTurns(
    bench.rounds,
    () => timed(watched, 'bundle'),
    async () => {
      let sum = 0
      for (const blob of blobs) sum += (await measured('gzip', ['-dc', blob])).seconds
      const place = join(work, 'extracted')
      await command('mkdir', [place])
      sum += (await measured('tar', ['-xf', rootfs, '-C', place, ...whole])).seconds
      await clear(work, 'extracted')
      return sum
    },
  )
  const figures = [against('opened image to bundle', bundles, 1.3, 'gzip -dc of the layers + tar -x')]

  await mounts(bench, work, source, [0, 2])
  if (!existsSync(join(work, 'mounts'))) {
    process.stderr.write('mounts of the image: skipped, mounts:// is a usage error\n')
    return figures
  }
  await clear(work, 'mounts')
  const mounted = await inTurns(
    bench.rounds,
    () => timed(bench, 'mounts'),
    () => timed(bench, 'bundle'),
  )
  return [...figures, against('mounts of the image', mounted, 1.2, 'our bundle of it')]
}

async function ofTinyFiles(bench: Bench, count: number): Promise<Figure> {
  const image = await manyFilesImage(count, { perFolder: count / 1000, size: 7 })
  await measured('cat', [image])
  const seconds = await inTurns(
    bench.rounds,
    () => inFolder(bench, async (work) => (await bundle(bench, work, `tar://${image}`)).seconds),
    () => inFolder(bench, (work) => skopeoAndUmoci(work, `docker-archive:${image}`)),
  )
  const name = `${count.toLocaleString('en')} tiny files to a bundle`
  return against(name, seconds, 0.25, 'skopeo copy + umoci unpack')
}

async function ofManyEntries(bench: Bench, count: number): Promise<Figure[]> {
  const name = `bundle of ${count === 1_000_000 ? 'a million' : count.toLocaleString('en')} entries`
  const { files, ffree } = await statfs(bench.memory)
  // A file system that makes inodes as it needs them says that it has none.
  if (files > 0 && ffree < count * 1.1) {
    process.stderr.write(`${name}: skipped, ${bench.memory} has ${ffree} inodes left (df -i)\n`)
    return []
  }
  const image = await manyFilesImage(count, { perFolder: 1000, size: 0 })
  const { peak, seconds } = await inFolder(bench, (work) => bundle(bench, work, `tar://${image}`))
  return [
    {
      name: `peak memory: ${name}`,
      value: peak / 1024 ** 2,
      unit: 'MB',
      limit: 250,
      against: `${seconds.toFixed(2)} s`,
    },
  ]
}

async function bundle(bench: Bench, work: string, source: string): Promise<Measured> {
  return bench.ours(work, ['process', source, `oci://${join(work, 'bundle')}`])
}

async function mounts(
  bench: Bench,
  work: string,
  source: string,
  statuses?: readonly number[],
): Promise<Measured> {
  return bench.ours(work, ['process', source, `mounts://${join(work, 'mounts')}`], statuses)
}

/** Seconds of both. */
async function skopeoAndUmoci(work: string, source: string): Promise<number> {
  const layout = join(work, 'layout')
  const copied = await skopeo(work, source, `oci:${layout}:${TAG}`)
  const image = ['--image', `${layout}:${TAG}`]
  const unpacked = await measured('umoci', ['unpack', ...image, join(work, 'bundle')])
  return copied.seconds + unpacked.seconds
}

/** The files of a layout's layers, lowest first. */
async function layerBlobs(layout: string): Promise<string[]> {
  const blob = (digest: string): string => join(layout, 'blobs', digest.replace(':', '/'))
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))
  const index = (await read(join(layout, 'index.json'))) as { manifests: { digest: string }[] }
  const manifest = (await read(blob(index.manifests[0]!.digest))) as { layers: { digest: string }[] }
  return manifest.layers.map(({ digest }) => blob(digest))
}

async function clear(work: string, name: string): Promise<void> {
  await command('rm', ['-rf', join(work, name)])
}

function against(
  name: string,
  { ours, theirs }: { readonly ours: number; readonly theirs: number },
  limit: number,
  what: string,
): Figure {
  const words = `ours ${ours.toFixed(2)} s; ${what} ${theirs.toFixed(2)} s`
  return { name, value: ours / theirs, unit: '×', limit, against: words }
}
