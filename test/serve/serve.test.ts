import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isEnded } from '../../shared/job.ts'
import { BrowserClient } from '../support/browser-client.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

// These run the program from its sources; the page itself is the built one.
const CLI = join(import.meta.dirname, '../../main/cli.ts')

let folder: TemporaryFolder
let children: ChildProcess[]

beforeEach(async () => {
  folder = await TemporaryFolder.make()
  children = []
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await folder[Symbol.asyncDispose]()
})

interface Said {
  stdout: string
  stderr: string
}

async function serve(...args: string[]): Promise<{ child: ChildProcess; said: Said; url: string }> {
  const child = spawn(process.execPath, [CLI, 'serve', ...args], {
    env: {
      ...process.env,
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
      XDG_CACHE_HOME: folder.at('cache'),
      XDG_CONFIG_HOME: folder.at('config'),
      TMPDIR: folder.path,
    },
  })
  children.push(child)
  const said: Said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
  await expect.poll(() => said.stdout + said.stderr, { timeout: 20_000 }).toMatch(/\n/)
  return { child, said, url: /http:\/\/\S+/.exec(said.stdout)?.[0] ?? '' }
}

test('it prints one line, serves its page, and ends with Ctrl-C, leaving nothing', async () => {
  const { child, said, url } = await serve('--open')
  expect(said).toEqual({ stdout: `Occystrap is at ${url}\n`, stderr: '' })
  using browser = await BrowserClient.open(url)
  const page = await fetch(`${browser.origin}/`, { headers: { cookie: browser.cookie } })
  expect(await page.text()).toContain('<div id="root">')
  const { path } = (await (await browser.upload('name=a.tar&size=3', 'abc')).json()) as { path: string }
  expect(path.startsWith(folder.path)).toBe(true)
  const client = await browser.client()
  await expect(client.images.inspect({ source: { kind: 'tar', path } })).rejects.toMatchObject({
    data: { code: 'not-an-image' },
  })
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
  expect((await readdir(folder.path)).filter((name) => name.includes('occystrap-'))).toEqual([])
  // The token was spent and is nowhere else.
  const token = new URL(url).searchParams.get('token') ?? ''
  expect(said.stdout.split(token)).toHaveLength(2)
  expect(said.stderr).toBe('')
})

test('Ctrl-C with a job running says so, cancels it, and leaves the destination as it was', async () => {
  const { child, said, url } = await serve()
  using browser = await BrowserClient.open(url)
  const client = await browser.client()
  const image = buildImage({
    layers: [[{ path: 'big', content: 'x'.repeat(32 * 1024 ** 2) }]],
    references: ['big:1'],
  })
  await writeDockerArchive(image, folder.at('big.tar'), { flavour: 'docker-24' })
  await writeFile(folder.at('out.tar'), 'as it was')
  await client.picker.choose({ path: folder.at('out.tar') })
  const { phase } = await client.jobs.submit({
    kind: 'convert',
    input: { kind: 'tar', path: folder.at('big.tar') },
    output: { kind: 'tar', path: folder.at('out.tar'), compression: 'zstd' },
  })
  expect(isEnded(phase)).toBe(false)
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
  expect(said.stderr).toBe('Cancelling a job …\n')
  expect(await readFile(folder.at('out.tar'), 'utf8')).toBe('as it was')
  expect((await readdir(folder.path)).filter((name) => name.startsWith('.'))).toEqual([])
})

test('killed at once, it leaves no process and no half-written output', async () => {
  const { child, url } = await serve()
  using browser = await BrowserClient.open(url)
  const client = await browser.client()
  const image = buildImage({
    layers: [[{ path: 'big', content: 'x'.repeat(32 * 1024 ** 2) }]],
    references: ['big:1'],
  })
  await writeDockerArchive(image, folder.at('big.tar'), { flavour: 'docker-24' })
  await client.picker.choose({ path: folder.at('out.tar') })
  await client.jobs.submit({
    kind: 'convert',
    input: { kind: 'tar', path: folder.at('big.tar') },
    output: { kind: 'tar', path: folder.at('out.tar'), compression: 'gzip' },
  })
  const staging = async (): Promise<string[]> =>
    (await readdir(folder.path)).filter((name) => name.startsWith('.occystrap'))
  await expect.poll(staging, { timeout: 20_000, interval: 2 }).not.toEqual([])
  child.kill('SIGKILL')
  // The job's process hears that nobody is there any more, and cleans up by itself.
  await expect.poll(staging, { timeout: 20_000 }).toEqual([])
})

test('the page can end it', async () => {
  const { child, url } = await serve()
  using browser = await BrowserClient.open(url)
  await (await browser.client()).system.quit()
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a port that is taken is said in one sentence', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { child, said } = await serve('--port', String(port))
  if (child.exitCode === null) await once(child, 'exit')
  expect([child.exitCode, said.stdout]).toEqual([1, ''])
  expect(said.stderr).toContain(`Port ${port} is in use.`)
  expect(said.stderr).not.toContain('at ')
  server.close()
})
