import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { credentialsFor, helperFor, helperKey, type Credentials } from '../../main/registry/credentials.ts'
import { eraseWithHelper, storeWithHelper } from '../../main/registry/credential-helper.ts'
import { ImageError, reportOf } from '../../shared/errors.ts'
import type { SignIn } from '../../shared/remote.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await TemporaryFolder.make()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await folder[Symbol.asyncDispose]()
})

const DOCKER = '.docker/config.json'
const PODMAN = '.config/containers/auth.json'
const SECRET = 'tell-nobody-hunter2'

async function write(path: string, content: unknown): Promise<void> {
  const file = folder.at(path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
}

function credentials(
  name: string,
  options: { readonly env?: NodeJS.ProcessEnv; readonly signIns?: readonly SignIn[] } = {},
): Promise<Credentials | undefined> {
  const [registry = '', ...path] = name.split('/')
  const { env = {}, signIns = [] } = options
  return credentialsFor(registry, path.join('/'), { signIns, env, home: folder.path })
}

function auth(username: string, secret: string): { auth: string } {
  return { auth: Buffer.from(`${username}:${secret}`).toString('base64') }
}

async function failure(work: Promise<unknown>): Promise<ImageError> {
  const error: unknown = await work.catch((error: unknown) => error)
  if (error instanceof ImageError) return error
  throw new Error('did not fail as it should', { cause: error })
}

describe('a sign-in of our own', () => {
  const own = (registry: string): SignIn => ({ registry, username: 'own', secret: 's' })

  test('counts over every file, for its registry alone', async () => {
    await write(DOCKER, { auths: { 'a.example': auth('file', 'f'), 'b.example': auth('file', 'f') } })
    const signIns = [own('a.example')]
    expect(await credentials('a.example/x', { signIns })).toMatchObject({ username: 'own' })
    expect(await credentials('b.example/x', { signIns })).toMatchObject({ username: 'file' })
    expect(await credentials('a.example:5000/x', { signIns })).toBeUndefined()
  })

  test('of a star counts everywhere', async () => {
    expect(await credentials('a.example/x', { signIns: [own('*')] })).toMatchObject({
      username: 'own',
      secret: 's',
    })
  })

  test('may be an identity token', async () => {
    const signIns = [{ registry: 'a.example', username: '<token>', secret: 'idt' }]
    expect(await credentials('a.example/x', { signIns })).toEqual({ identityToken: 'idt' })
  })
})

describe("Docker's file", () => {
  test('gives user and password in each of its forms', async () => {
    await write(DOCKER, {
      auths: {
        'pair.example': auth('me', 'pass:with:colons'),
        'zeros.example': { auth: Buffer.from('me:padded\0\0\0').toString('base64') },
        'plain.example': { username: 'me', password: 'plain' },
        'identity.example': { auth: 'MDA6', identitytoken: 'idt' },
        'registry.example': { registrytoken: 'rt' },
        'empty.example': {},
        'null.example': null,
        'broken.example': { auth: '!!!' },
        'nameless.example': auth('', 'secret'),
      },
      HttpHeaders: { 'User-Agent': 'Docker-Client' },
      detachKeys: 'ctrl-a',
    })
    const found = async (name: string) => credentials(`${name}.example/team/app`)
    expect(await found('pair')).toEqual({ username: 'me', secret: 'pass:with:colons' })
    expect(await found('zeros')).toEqual({ username: 'me', secret: 'padded' })
    expect(await found('plain')).toEqual({ username: 'me', secret: 'plain' })
    expect(await found('identity')).toEqual({ identityToken: 'idt' })
    expect(await found('registry')).toEqual({ registryToken: 'rt' })
    for (const name of ['empty', 'null', 'broken', 'nameless', 'missing'])
      expect(await found(name)).toBeUndefined()
  })

  test('knows the Hub by all of its names', async () => {
    for (const key of [
      'https://index.docker.io/v1/',
      'index.docker.io',
      'docker.io',
      'registry-1.docker.io',
      'https://index.docker.io/v1',
    ]) {
      await write(DOCKER, { auths: { [key]: auth('hub', key) } })
      expect(await credentials('docker.io/library/debian')).toEqual({ username: 'hub', secret: key })
    }
    await write(DOCKER, { auths: { 'hub.docker.com': auth('x', 'y'), 'notdocker.io': auth('x', 'y') } })
    expect(await credentials('docker.io/library/debian')).toBeUndefined()
  })

  test('may name registries by addresses, as old clients did', async () => {
    for (const key of ['https://a.example/v1/', 'http://a.example', 'https://a.example/v2', 'a.example/']) {
      await write(DOCKER, { auths: { [key]: auth('old', 'x') } })
      expect([key, await credentials('a.example/x')]).toEqual([key, { username: 'old', secret: 'x' }])
    }
  })

  test('gives nothing to a registry whose name merely resembles', async () => {
    await write(DOCKER, {
      auths: { 'a.example': auth('me', SECRET), 'https://a.example:5000': auth('me', SECRET) },
    })
    for (const name of ['a.example.org/x', 'xa.example/x', 'a.example:5001/x', 'example/x', 'a.exampl/e/x'])
      expect([name, await credentials(name)]).toEqual([name, undefined])
    expect(await credentials('a.example:5000/x')).toMatchObject({ username: 'me' })
  })

  test('lies where a variable says', async () => {
    await write('elsewhere/config.json', { auths: { 'a.example': auth('there', 'x') } })
    await write(DOCKER, { auths: { 'a.example': auth('here', 'x') } })
    expect(await credentials('a.example/x')).toMatchObject({ username: 'here' })
    const env = { DOCKER_CONFIG: folder.at('elsewhere') }
    expect(await credentials('a.example/x', { env })).toMatchObject({ username: 'there' })
  })
})

describe("Podman's file", () => {
  test('may name repositories, of which the longest counts', async () => {
    await write(PODMAN, {
      auths: {
        'a.example': auth('all', 'x'),
        'a.example/team': auth('team', 'x'),
        'a.example/team/app': auth('app', 'x'),
        'a.example/other/v2': auth('version', 'x'),
      },
    })
    const user = async (name: string) => (await credentials(name)) as { username: string } | undefined
    expect(await user('a.example/team/app')).toMatchObject({ username: 'app' })
    expect(await user('a.example/team/app/part')).toMatchObject({ username: 'app' })
    expect(await user('a.example/team/application')).toMatchObject({ username: 'team' })
    expect(await user('a.example/teams')).toMatchObject({ username: 'all' })
    expect(await user('a.example/other/v2')).toMatchObject({ username: 'version' })
    expect(await user('a.example/other')).toMatchObject({ username: 'all' })
  })

  test("comes after Docker's, the one of this session before the one that stays", async () => {
    await write(PODMAN, {
      auths: {
        'a.example': auth('stays', 'x'),
        'b.example': auth('stays', 'x'),
        'c.example': auth('stays', 'x'),
      },
    })
    await write('run/containers/auth.json', {
      auths: { 'a.example': auth('session', 'x'), 'b.example': auth('session', 'x') },
    })
    await write(DOCKER, { auths: { 'a.example': auth('docker', 'x') } })
    const env = { XDG_RUNTIME_DIR: folder.at('run') }
    expect(await credentials('a.example/x', { env })).toMatchObject({ username: 'docker' })
    expect(await credentials('b.example/x', { env })).toMatchObject({ username: 'session' })
    expect(await credentials('c.example/x', { env })).toMatchObject({ username: 'stays' })
  })

  test('is the only one where REGISTRY_AUTH_FILE names it', async () => {
    await write('given.json', { auths: { 'a.example': auth('given', 'x') } })
    await write(DOCKER, { auths: { 'a.example': auth('docker', 'x'), 'b.example': auth('docker', 'x') } })
    const env = { REGISTRY_AUTH_FILE: folder.at('given.json') }
    expect(await credentials('a.example/x', { env })).toMatchObject({ username: 'given' })
    expect(await credentials('b.example/x', { env })).toBeUndefined()
  })
})

describe('a file that cannot be used', () => {
  test.each([
    '',
    '{',
    `{"auths": {"a.example": {"auth": "${SECRET}" }`,
    `{"auths": "${SECRET}"}`,
    `["${SECRET}"]`,
  ])('is named, and nothing of what is in it: %j', async (content) => {
    await write(DOCKER, content)
    const error = await failure(credentials('a.example/x'))
    expect(error).toMatchObject({ code: 'sign-in', message: expect.stringContaining(folder.at(DOCKER)) })
    expect(JSON.stringify(reportOf(error))).not.toContain(SECRET)
    expect(String(error.stack)).not.toContain(SECRET)
  })

  test('is a folder', async () => {
    await mkdir(folder.at(DOCKER), { recursive: true })
    expect(await failure(credentials('a.example/x'))).toMatchObject({ code: 'sign-in' })
  })

  test('is none where its folder is a file', async () => {
    await writeFile(folder.at('.docker'), '')
    expect(await credentials('a.example/x')).toBeUndefined()
  })
})

describe.skipIf(process.platform === 'win32')('a credential helper', () => {
  /** A helper that notes what it was told and answers as the shell lines say. */
  async function helper(name: string, lines: string): Promise<void> {
    const path = folder.at(`bin/docker-credential-${name}`)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `#!/bin/sh\nread -r line\necho "$1 $line" >> "${folder.at('asked')}"\n${lines}\n`)
    await chmod(path, 0o755)
    vi.stubEnv('PATH', `${folder.at('bin')}:${process.env['PATH']}`)
  }
  const answer = (username: string, secret: string): string =>
    `echo '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`
  const asked = async (): Promise<string> =>
    (await import('node:fs/promises')).readFile(folder.at('asked'), 'utf8')

  test('is asked for its registry, the Hub by its old address', async () => {
    await helper('test', answer('me', SECRET))
    await write(DOCKER, { credHelpers: { 'a.example': 'test', 'docker.io': 'test' } })
    expect(await credentials('a.example/x')).toEqual({ username: 'me', secret: SECRET })
    expect(await credentials('docker.io/library/x')).toEqual({ username: 'me', secret: SECRET })
    expect(await credentials('b.example/x')).toBeUndefined()
    expect(await asked()).toBe('get a.example\nget https://index.docker.io/v1/\n')
    expect(helperKey('a.example:5000')).toBe('a.example:5000')
  })

  test('of one registry counts over the store of all', async () => {
    await helper('one', answer('one', 'x'))
    await helper('all', answer('all', 'x'))
    await write(DOCKER, { credHelpers: { 'a.example': 'one' }, credsStore: 'all' })
    expect(await credentials('a.example/x')).toMatchObject({ username: 'one' })
    expect(await credentials('b.example/x')).toMatchObject({ username: 'all' })
    expect(await helperFor('a.example', { env: {}, home: folder.path })).toBe('one')
    expect(await helperFor('b.example', { env: {}, home: folder.path })).toBe('all')
  })

  test('may hold an identity token', async () => {
    await helper('test', answer('<token>', 'idt'))
    await write(DOCKER, { credsStore: 'test' })
    expect(await credentials('a.example/x')).toEqual({ identityToken: 'idt' })
  })

  test('that knows of none leaves it to the files', async () => {
    await helper('test', 'echo "credentials not found in native keychain"; exit 1')
    await write(DOCKER, { credsStore: 'test' })
    expect(await credentials('a.example/x')).toBeUndefined()
    await write(DOCKER, { credsStore: 'test', auths: { 'a.example': auth('file', 'x') } })
    expect(await credentials('a.example/x')).toMatchObject({ username: 'file' })
  })

  test.each([
    ['fails', `echo "${SECRET}"; exit 1`, 'failed'],
    ['is killed', 'kill -9 $$', 'failed'],
    ['answers garbage', `echo "${SECRET}"`, 'something else than credentials'],
    ['answers half of it', `echo '{"Username":"me","Secret":"${SECRET}'`, 'something else than credentials'],
    ['answers no secret', `echo '{"Username":"${SECRET}","Secret":""}'`, 'something else than credentials'],
    ['answers nothing', 'true', 'something else than credentials'],
  ])('that %s is an error, not another sign-in, and its words are not told', async (_, lines, why) => {
    await helper('test', lines)
    await write(DOCKER, { credsStore: 'test', auths: { 'a.example': auth('file', 'x') } })
    const error = await failure(credentials('a.example/x'))
    expect(error).toMatchObject({
      code: 'sign-in',
      remedy: expect.stringContaining(folder.at(DOCKER)),
    })
    expect(error.message).toContain(why)
    expect(JSON.stringify(reportOf(error))).not.toContain(SECRET)
    expect(String(error.stack)).not.toContain(SECRET)
  })

  test.each(['missing', '../../bin/sh', 'a b', 'x;rm', 'Ünïcode', 'long'.repeat(40)])(
    'by the name of %j is none that is installed',
    async (name) => {
      await write(DOCKER, { credsStore: name })
      const error = await failure(credentials('a.example/x'))
      expect(error).toMatchObject({ code: 'sign-in', message: expect.stringContaining('is not installed') })
    },
  )

  test('is taken from the folders of PATH alone, and of those from absolute ones', async () => {
    await helper('test', answer('me', 'x'))
    await write(DOCKER, { credsStore: 'test' })
    const before = process.cwd()
    try {
      process.chdir(folder.at('bin'))
      for (const path of ['', '.', './', `:${folder.at('none')}:`]) {
        vi.stubEnv('PATH', path)
        expect(await failure(credentials('a.example/x'))).toMatchObject({
          message: expect.stringContaining('is not installed'),
        })
      }
    } finally {
      process.chdir(before)
    }
    await chmod(folder.at('bin/docker-credential-test'), 0o644)
    vi.stubEnv('PATH', folder.at('bin'))
    expect(await failure(credentials('a.example/x'))).toMatchObject({
      message: expect.stringContaining('is not installed'),
    })
  })

  test('is never asked for a name with a line break', async () => {
    await helper('test', answer('me', SECRET))
    await write(DOCKER, { credsStore: 'test' })
    expect(await failure(credentials('a.example\nhost=b.example/x'))).toMatchObject({ code: 'sign-in' })
    await expect(asked()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('keeps and forgets a sign-in, told on its standard input', async () => {
    await helper('test', 'exit 0')
    await storeWithHelper('test', 'a.example', { username: 'me', secret: SECRET })
    await eraseWithHelper('test', 'a.example')
    expect(await asked()).toBe(
      `store {"ServerURL":"a.example","Username":"me","Secret":"${SECRET}"}\nerase a.example\n`,
    )
    await helper('test', 'exit 1')
    const error = await failure(storeWithHelper('test', 'a.example', { username: 'me', secret: SECRET }))
    expect(error.message).toContain('could not keep the sign-in')
    expect(JSON.stringify(reportOf(error))).not.toContain(SECRET)
  })
})
