import { rename, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cli, jsonLines, startCli } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { FakeEngine } from '../support/fake-engine.ts'
import { buildImage, sampleImage, writeDockerArchive } from '../support/image-builder.ts'

const other = buildImage({ references: ['other:2'], layers: [[{ path: 'srv/other', content: 'x' }]] })

let context: TestContext

beforeEach(async () => {
  context = await testContext()
})
afterEach(() => context[Symbol.asyncDispose]())

/** `image path` of what a search over all finds. */
async function found(pattern: string): Promise<string[]> {
  const result = await cli(context, 'search', '--all', '--json', pattern)
  return jsonLines(result).map(({ image, path }) => `${String(image)} ${String(path)}`)
}

describe('index', () => {
  it('reads tarballs whose layers were only hopped over, so that all of them are searched', async () => {
    await writeDockerArchive(sampleImage(), context.path('a.tar'), { flavour: 'docker-24' })
    await writeDockerArchive(other, context.path('b.tar'), { flavour: 'docker-25-gzip' })
    await cli(context, 'ls', 'a.tar')
    await rename(context.path('a.tar'), context.path('elsewhere.tar'))
    const before = await cli(context, 'search', '--all', 'motd')
    expect(before.status).toBe(1)
    expect(before.stderr).toContain(
      `2 layers of docker.io/library/sample:1 have not been read yet and cannot be searched. Read them with: occystrap index tar://${context.path('a.tar')}\n`,
    )
    await rename(context.path('elsewhere.tar'), context.path('a.tar'))
    const result = await cli(context, 'index', 'a.tar', 'b.tar')
    expect(result).toMatchObject({ status: 0, stdout: Buffer.alloc(0) })
    expect(result.stderr).toBe('occystrap: read 2 layers of sample:1\noccystrap: read 1 layer of other:2\n')
    const again = await cli(context, 'index', 'a.tar')
    expect(again.stderr).toBe('occystrap: every layer of sample:1 was known already\n')
    await rm(context.path('a.tar'))
    await rm(context.path('b.tar'))
    expect(await found('motd')).toEqual(
      Array.from({ length: 2 }, () => 'docker.io/library/sample:1 etc/motd'),
    )
    expect(await found('other')).toEqual(['docker.io/library/other:2 srv/other'])
  })

  it('says nothing when it is to be quiet, and why it failed', async () => {
    await writeDockerArchive(other, context.path('b.tar'))
    expect(await cli(context, 'index', '-q', 'b.tar')).toMatchObject({ status: 0, stderr: '' })
    const missing = await cli(context, 'index', 'missing.tar')
    expect(missing.status).toBe(1)
    expect(missing.stderr).toContain('missing.tar does not exist.')
  })

  it.each<[string[], RegExp]>([
    [[], /Nothing says what to read\. Give a source, or --engine\./],
    [['a.tar', '--engine', '/run/engine.sock'], /--engine reads all images of an engine/],
    [['--engine', 'what is this'], /what is this/],
  ])('refuses %j', async (args, words) => {
    const result = await cli(context, 'index', ...args)
    expect(result.stderr).toMatch(words)
    expect(result.status).toBe(2)
  })
})

describe('index --engine', () => {
  it('reads every image of an engine, of the default one where none is named', async () => {
    await using engine = await FakeEngine.start(context.path('engine.sock'), [sampleImage(), other])
    const first = await cli(context, 'index', '--engine', engine.socket)
    expect(first).toMatchObject({
      status: 0,
      stderr: `occystrap: read 2 images of ${engine.socket}\n`,
    })
    const { ended } = startCli(context, ['index', '--engine'], { DOCKER_HOST: `unix://${engine.socket}` })
    expect(await ended).toMatchObject({
      status: 0,
      stderr: `occystrap: read 0 images of ${engine.socket}, 2 were known already\n`,
    })
    expect(await found('o*')).toEqual(['docker.io/library/other:2 srv/other'])
  })

  it('names what could not be read, goes on, and has failed', async () => {
    await using engine = await FakeEngine.start(context.path('engine.sock'), [sampleImage(), other])
    engine.onRequest = ({ url }, response) => {
      if (!url?.startsWith(`/images/${sampleImage().imageID}/get`)) return false
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end('{"message":"the disk is broken"}')
      return true
    }
    const result = await cli(context, 'index', '--engine', engine.socket)
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/^occystrap: warning: sample:1 was not read: .*the disk is broken/m)
    expect(result.stderr).toContain(`read 1 image of ${engine.socket}, 1 could not be read\n`)
    expect(await found('other')).toHaveLength(1)
  })

  it('says why there is no engine', async () => {
    const result = await cli(context, 'index', '--engine', context.path('gone.sock'))
    expect(result.status).toBe(1)
    expect(result.stderr).toContain(`The engine at ${context.path('gone.sock')} is not running.`)
  })
})
