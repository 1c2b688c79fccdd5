import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap, type FoundPath } from '../support/occystrap.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { Tmpfs } from '../support/tmpfs.ts'

const TOOLS = ['dockerd', 'docker', 'podman', 'skopeo', 'mmdebstrap', 'zstd', 'xz', 'bzip2'] as const
const MEBIBYTE = 1024 ** 2

/** One sentence for people: neither a stack nor a class of ours. */
function expectOneSentence(stderr: string): void {
  expect.soft(stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
  expect.soft(stderr).not.toMatch(/^\s+at |ImageError|node:internal/m)
}

describeWith({ tools: TOOLS, root: true }, 'work that cannot be finished', () => {
  let images: RealImages
  beforeAll(async () => {
    images = await realImages()
  })

  test('for want of room says so and leaves nothing, wherever it runs out', async () => {
    await using occystrap = await Occystrap.make()
    for (const size of [0.25, 2, 60, 150]) {
      await using disk = await Tmpfs.mount(size * MEBIBYTE)
      for (const destination of [`tar://${disk.path}/out.tar`, `dir://${disk.path}/images`]) {
        const { status, stderr } = await occystrap.attempt('process', images.dockerArchive, destination)
        expect.soft(status, `${destination} on ${size} MiB`).toBe(1)
        expect.soft(stderr).toMatch(/room|space/)
        expectOneSentence(stderr)
        expect.soft(await readdir(disk.path), `${destination} on ${size} MiB`).toEqual([])
      }
    }
  })

  test('keeps what was there before, to the byte', async () => {
    await using occystrap = await Occystrap.make()
    await using disk = await Tmpfs.mount(60 * MEBIBYTE)
    await writeFile(join(disk.path, 'out.tar'), 'precious')
    expect(
      (await occystrap.attempt('process', images.dockerArchive, `tar://${disk.path}/out.tar`)).status,
    ).toBe(1)
    expect(await readFile(join(disk.path, 'out.tar'), 'utf8')).toBe('precious')
    expect(await readdir(disk.path)).toEqual(['out.tar'])
  })

  test('on a read-only file system says so', async () => {
    await using occystrap = await Occystrap.make()
    await using disk = await Tmpfs.mount(1024 * MEBIBYTE, 'ro')
    for (const destination of [`tar://${disk.path}/out.tar`, `dir://${disk.path}/images`]) {
      const { status, stderr } = await occystrap.attempt('process', images.dockerArchive, destination)
      expect.soft(status).toBe(1)
      expect.soft(stderr).toMatch(/read-only|permission/i)
      expectOneSentence(stderr)
    }
  })

  test('a cache without room slows a search and does not fail it', async () => {
    await using occystrap = await Occystrap.make()
    await using disk = await Tmpfs.mount(16 * 1024)
    const found = await occystrap.lines<FoundPath>(
      '--cache-dir',
      disk.path,
      'search',
      '--json',
      images.dockerArchive,
      'needle.txt',
    )
    expect(found).toHaveLength(1)
    expect(await readdir(disk.path, { recursive: true })).not.toContainEqual(expect.stringMatching(/\.tmp$/))
  })

  test('a compressed archive needs room to be inflated, and says where', async () => {
    await using occystrap = await Occystrap.make()
    await using disk = await Tmpfs.mount(16 * 1024)
    const compressed = images.archives.filter(({ path }) => /tiny\.tar\.\w+$/.test(path))
    expect(compressed).toHaveLength(4)
    for (const { path, name } of compressed) {
      const { status, stderr } = await occystrap.attempt('--cache-dir', disk.path, 'info', path)
      expect.soft(status, name).toBe(1)
      expect.soft(stderr, name).toContain(disk.path)
      expect.soft(stderr, name).toMatch(/room|space|full/)
      expectOneSentence(stderr)
    }
  })

  test('interrupted by Ctrl+C leaves nothing', async () => {
    await using occystrap = await Occystrap.make()
    for (const kind of ['tar', 'dir']) {
      const folder = occystrap.folder.at(`interrupted-${kind}`)
      await mkdir(folder)
      const child = start(occystrap, 'process', images.dockerArchive, `${kind}://${folder}/out`)
      await untilWriting(folder, child)
      child.kill('SIGINT')
      const [status] = (await once(child, 'exit')) as [number | null]
      expect.soft(status, kind).not.toBe(0)
      expect.soft(await readdir(folder), kind).toEqual([])
    }
  })

  test('killed leaves nothing that looks whole, and the next run clears it', async () => {
    await using occystrap = await Occystrap.make()
    for (const kind of ['tar', 'dir']) {
      const folder = occystrap.folder.at(`killed-${kind}`)
      await mkdir(folder)
      const child = start(occystrap, 'process', images.dockerArchive, `${kind}://${folder}/out`)
      await untilWriting(folder, child)
      child.kill('SIGKILL')
      await once(child, 'exit')
      for (const name of await readdir(folder)) expect.soft(name, kind).toMatch(/^\.occystrap-.*\.tmp$/)
      await occystrap.run('process', images.dockerArchive, `${kind}://${folder}/out`)
      expect.soft(await readdir(folder), kind).toEqual(['out'])
    }
  })

  test('a broken pipe ends it quietly', async () => {
    await using occystrap = await Occystrap.make()
    const child = start(occystrap, 'ls', '--json', images.dockerArchive)
    let stderr = ''
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()))
    child.stdout?.once('data', () => child.stdout?.destroy())
    await once(child, 'close')
    expect(stderr).toBe('')
  })
})

function start(occystrap: Occystrap, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...occystrap.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Until it has begun to write into the folder, so that what follows strikes in the middle. */
async function untilWriting(folder: string, child: ChildProcess): Promise<void> {
  while ((await readdir(folder)).length === 0) {
    if (child.exitCode !== null) throw new Error('it ended before it could be interrupted')
    await sleep(2)
  }
}
