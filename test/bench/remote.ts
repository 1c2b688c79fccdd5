import { join } from 'node:path'
import { Dockerd, Podman } from '../support/daemons.ts'
import { measured, type Measured } from '../support/measured.ts'
import { Registry } from '../support/registries.ts'
import { inTurns, median } from './measure.ts'
import type { Figure } from './report.ts'
import { inFolder, skopeo, type Bench } from './runs.ts'

const REFERENCE = 'occystrap.test/bench:1'

/** Registry and engines, each against the tool that people use for it. The servers are real and on this machine. */
export async function remoteFigures(bench: Bench): Promise<Figure[]> {
  return [...(await registryFigures(bench)), ...(await dockerFigures(bench)), ...(await podmanFigures(bench))]
}

async function registryFigures(bench: Bench): Promise<Figure[]> {
  await using registry = await Registry.start()
  const name = `${registry.host}/bench:1`
  await skopeo(bench.memory, `docker-archive:${bench.image}`, `docker://${name}`)
  const peaks: number[] = []
  const pulled = await inTurns(
    bench.rounds,
    () =>
      inFolder(bench, async (work) => {
        const run = await bench.ours(work, [
          'process',
          `registry://${name}`,
          `tar://${join(work, 'out.tar')}`,
        ])
        peaks.push(run.peak)
        return run.seconds
      }),
    () =>
      inFolder(bench, async (work) => {
        const run = await skopeo(work, `docker://${name}`, `docker-archive:${join(work, 'out.tar')}`)
        return run.seconds
      }),
  )
  const searched: number[] = []
  const again: number[] = []
  for (let round = 0; round < bench.rounds; round++)
    await inFolder(bench, async (work) => {
      const search = ['search', `registry://${name}`, '*.so.6']
      const first = await bench.ours(work, search)
      searched.push(first.seconds)
      peaks.push(first.peak)
      again.push((await bench.ours(work, search)).seconds)
    })
  const skopeoSeconds = `skopeo copy to a docker-archive ${pulled.theirs.toFixed(2)} s`
  return [
    {
      name: 'registry to tarball',
      value: pulled.ours / pulled.theirs,
      unit: '×',
      limit: 0.4,
      against: `ours ${pulled.ours.toFixed(2)} s; ${skopeoSeconds}`,
    },
    {
      name: 'search in a registry, the first time',
      value: median(searched) / pulled.theirs,
      unit: '×',
      limit: 0.5,
      against: `ours ${median(searched).toFixed(2)} s; ${skopeoSeconds}`,
    },
    { name: 'search in a registry, again', value: median(again), unit: 's', limit: 0.15 },
    { name: 'peak memory: registry', value: Math.max(...peaks) / 1024 ** 2, unit: 'MB', limit: 250 },
  ]
}

async function dockerFigures(bench: Bench): Promise<Figure[]> {
  await using engine = await Dockerd.start()
  await engine.docker('load', '--input', bench.image)
  const saved = ['--host', `unix://${engine.socket}`, 'save', '--output']
  return await engineFigures(bench, 'Docker', engine.socket, (out) =>
    measured('docker', [...saved, out, REFERENCE], { DOCKER_CONFIG: bench.memory }),
  )
}

async function podmanFigures(bench: Bench): Promise<Figure[]> {
  await using engine = await Podman.start()
  await engine.podman('load', '--input', bench.image)
  return await engineFigures(bench, 'Podman', engine.socket, (out) =>
    measured('podman', ['--url', `unix://${engine.socket}`, 'save', '--quiet', '--output', out, REFERENCE]),
  )
}

async function engineFigures(
  bench: Bench,
  engine: string,
  socket: string,
  save: (out: string) => Promise<Measured>,
): Promise<Figure[]> {
  const source = `docker://${REFERENCE}?socket=${socket}`
  const peaks: number[] = []
  const written = await inTurns(
    bench.rounds,
    () =>
      inFolder(bench, async (work) => {
        const run = await bench.ours(work, ['process', source, `tar://${join(work, 'out.tar')}`])
        peaks.push(run.peak)
        return run.seconds
      }),
    () => inFolder(bench, async (work) => (await save(join(work, 'out.tar'))).seconds),
  )
  const again: number[] = []
  await inFolder(bench, async (work) => {
    const search = ['search', source, '*.so.6']
    peaks.push((await bench.ours(work, search)).peak)
    for (let round = 0; round < bench.rounds; round++) again.push((await bench.ours(work, search)).seconds)
  })
  return [
    {
      name: `${engine} to tarball`,
      value: written.ours / written.theirs,
      unit: '×',
      limit: 1.1,
      against: `ours ${written.ours.toFixed(2)} s; ${engine.toLowerCase()} save ${written.theirs.toFixed(2)} s`,
    },
    { name: `search in ${engine}, again`, value: median(again), unit: 's', limit: 0.15 },
    { name: `peak memory: ${engine}`, value: Math.max(...peaks) / 1024 ** 2, unit: 'MB', limit: 250 },
  ]
}
