import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SignInKeeper, type Vault } from '../../main/engine/sign-ins.ts'
import type { SignIn } from '../../shared/remote.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const SECRET = 'tell-nobody-hunter2'
const ME: SignIn = { registry: 'a.example:5000', username: 'me', secret: SECRET }

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await TemporaryFolder.make()
  // Neither the tester's own files nor programs.
  vi.stubEnv('HOME', folder.path)
  vi.stubEnv('DOCKER_CONFIG', folder.at('docker'))
  vi.stubEnv('XDG_RUNTIME_DIR', undefined)
  vi.stubEnv('XDG_CONFIG_HOME', folder.at('config'))
  vi.stubEnv('REGISTRY_AUTH_FILE', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await folder[Symbol.asyncDispose]()
})

/** A vault that turns every bit around; `broken` has lost its key. */
function vault(state: 'safe' | 'unsafe' | 'broken' = 'safe'): Vault {
  const turned = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff))
  return {
    isSafe: async () => state !== 'unsafe',
    encrypt: async (text) => turned(Buffer.from(text)),
    decrypt: async (sealed) => {
      if (state === 'broken') throw new Error('no key')
      return turned(sealed).toString()
    },
  }
}

function keeper(safe?: Vault): { keeper: SignInKeeper; told: (readonly SignIn[])[] } {
  const told: (readonly SignIn[])[] = []
  const made = new SignInKeeper({
    folder: folder.at('state'),
    vault: safe,
    onChange: (all) => told.push(all),
  })
  return { keeper: made, told }
}

/** Every file below, in one text. */
async function written(): Promise<string> {
  const names = await readdir(folder.path, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`)
  return (await Promise.all(files.map(async (file) => readFile(file, 'latin1')))).join('\n')
}

async function helper(lines: string): Promise<void> {
  await mkdir(folder.at('bin'), { recursive: true })
  await mkdir(folder.at('docker'), { recursive: true })
  const path = folder.at('bin/docker-credential-test')
  await writeFile(path, `#!/bin/sh\nread -r line\necho "$1 $line" >> "$HOME/asked"\n${lines}\n`)
  await chmod(path, 0o755)
  await writeFile(folder.at('docker/config.json'), '{"credsStore":"test"}')
  vi.stubEnv('PATH', `${folder.at('bin')}:${process.env['PATH']}`)
}

describe('a sign-in of this session', () => {
  test('is told to whoever runs, and written nowhere', async () => {
    const { keeper: kept, told } = keeper(vault())
    await kept.keep(ME, 'session')
    expect(kept.all()).toEqual([ME])
    expect(told).toEqual([[ME]])
    expect(await written()).not.toContain(SECRET)
    const { keeper: next } = keeper(vault())
    await next.load()
    expect(next.all()).toEqual([])
  })

  test('takes the place of the one before', async () => {
    const { keeper: kept, told } = keeper()
    await kept.keep(ME, 'session')
    await kept.keep({ ...ME, username: 'other' }, 'session')
    expect(kept.all()).toEqual([{ ...ME, username: 'other' }])
    expect(told.at(-1)).toEqual(kept.all())
  })
})

describe('a sign-in that the system encrypts', () => {
  test('is there again in the next run, and never in plain text', async () => {
    await keeper(vault()).keeper.keep(ME, 'system')
    const text = await written()
    expect(text).toContain(ME.registry)
    expect(text).not.toContain(SECRET)
    expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain(SECRET)
    const { keeper: next, told } = keeper(vault())
    await next.load()
    expect(next.all()).toEqual([ME])
    expect(told).toEqual([[ME]])
  })

  test('is gone when it is forgotten', async () => {
    const { keeper: kept, told } = keeper(vault())
    await kept.keep(ME, 'system')
    await kept.keep({ ...ME, registry: 'b.example' }, 'system')
    await kept.forget(ME.registry)
    expect(told.at(-1)).toEqual([{ ...ME, registry: 'b.example' }])
    const { keeper: next } = keeper(vault())
    await next.load()
    expect(next.all().map(({ registry }) => registry)).toEqual(['b.example'])
  })

  test('does not come back when another one was kept otherwise since', async () => {
    const { keeper: kept } = keeper(vault())
    await kept.keep(ME, 'system')
    await kept.keep({ ...ME, username: 'other' }, 'session')
    expect(kept.all().map(({ username }) => username)).toEqual(['other'])
    const { keeper: next } = keeper(vault())
    await next.load()
    expect(next.all()).toEqual([])
  })

  test.each(['unsafe', undefined] as const)('is refused where the vault is %s', async (state) => {
    const { keeper: kept, told } = keeper(state && vault(state))
    await expect(kept.keep(ME, 'system')).rejects.toMatchObject({ code: 'unsupported' })
    expect([kept.all(), told]).toEqual([[], []])
    expect(await written()).not.toContain(ME.registry)
  })

  test('is passed over where it cannot be opened any more', async () => {
    await keeper(vault()).keeper.keep(ME, 'system')
    const { keeper: next } = keeper(vault('broken'))
    await next.load()
    expect(next.all()).toEqual([])
    const { keeper: unsafe } = keeper(vault('unsafe'))
    await unsafe.load()
    expect(unsafe.all()).toEqual([])
  })

  test.each(['', '{', '[]', '{"a.example:5000": 5}', '{"a.example:5000": "bm90IGpzb24="}'])(
    'in a file that is damaged (%j) is none',
    async (content) => {
      await mkdir(folder.at('state'))
      await writeFile(folder.at('state/sign-ins.json'), content)
      const { keeper: kept } = keeper(vault())
      await kept.load()
      expect(kept.all()).toEqual([])
      await kept.keep(ME, 'system')
      const { keeper: next } = keeper(vault())
      await next.load()
      expect(next.all()).toContainEqual(ME)
    },
  )

  test('of an earlier run does not take the place of what was given meanwhile', async () => {
    await keeper(vault()).keeper.keep(ME, 'system')
    const { keeper: next } = keeper(vault())
    await next.keep({ ...ME, username: 'new' }, 'session')
    await next.load()
    expect(next.all()).toEqual([{ ...ME, username: 'new' }])
  })
})

describe.skipIf(process.platform === 'win32')("a sign-in that the user's credential helper keeps", () => {
  test('is told to it, by standard input', async () => {
    await helper('exit 0')
    const { keeper: kept } = keeper()
    expect(await kept.keeping('a.example:5000')).toEqual({ keeps: ['session', 'helper'], helper: 'test' })
    await kept.keep(ME, 'helper')
    await kept.forget(ME.registry)
    expect(await readFile(folder.at('asked'), 'utf8')).toBe(
      `store {"ServerURL":"a.example:5000","Username":"me","Secret":"${SECRET}"}\nerase a.example:5000\n`,
    )
    expect(kept.all()).toEqual([])
  })

  test('is not there where the helper fails, and nobody is told', async () => {
    await helper('exit 1')
    const { keeper: kept, told } = keeper()
    await expect(kept.keep(ME, 'helper')).rejects.toMatchObject({ code: 'sign-in' })
    expect([kept.all(), told]).toEqual([[], []])
  })

  test('is not told any more once it is forgotten, though the helper fails', async () => {
    await helper('[ "$1" = store ]')
    const { keeper: kept, told } = keeper()
    await kept.keep(ME, 'helper')
    await writeFile(folder.at('docker/config.json'), JSON.stringify({ credsStore: 'missing' }))
    await expect(kept.forget(ME.registry)).rejects.toMatchObject({ code: 'sign-in' })
    expect(told.at(-1)).toEqual([])
  })

  test('cannot be kept where no helper is named', async () => {
    const { keeper: kept } = keeper(vault())
    expect(await kept.keeping('a.example')).toEqual({ keeps: ['session', 'system'], helper: null })
    await expect(kept.keep(ME, 'helper')).rejects.toMatchObject({ code: 'unsupported' })
  })
})
