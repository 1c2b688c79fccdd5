import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { convert } from '../support/conversion.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'

/** Reliability, promises 25 and 26: where, when and for whom it runs changes no byte of what is written or listed. */
const ENTRY = join(import.meta.dirname, '../../main/cli.ts')

const surroundings: readonly (readonly [name: string, env: Record<string, string>, umask: string])[] = [
  ['here', { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' }, '022'],
  ['far east, Turkish', { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }, '000'],
  ['far west, Arabic', { TZ: 'Pacific/Pago_Pago', LANG: 'ar_EG.UTF-8', LC_ALL: 'ar_EG.UTF-8' }, '027'],
  ['half an hour off, German', { TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' }, '077'],
]

let context: TestContext

beforeAll(async () => {
  context = await testContext()
  // Names that sort, fold and print otherwise elsewhere.
  const names = ['a', 'B', 'ä', 'z', 'I', 'ı', 'İ', 'i', 'ß', 'ss', 'é', 'e\u0301', '٣', '10', '9']
  const image = buildImage({
    references: ['registry.example/team/app:1'],
    layers: [
      names.map((path, i) => ({ path, content: path, mtime: 1_700_000_000 + i + 0.25 })),
      [{ path: '.wh.a' }],
    ],
  })
  await writeDockerArchive(image, context.path('image.tar'), { flavour: 'docker-25-gzip' })
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
})

/** What each command wrote or printed, by its digest. */
function resultsIn(name: string, env: Record<string, string>, umask: string): Record<string, unknown> {
  const folder = context.path(name)
  mkdirSync(folder)
  const run = (...args: string[]): string => {
    const line = `umask ${umask}; exec "$0" "$@"`
    const { stdout, stderr, status } = spawnSync(
      'sh',
      ['-c', line, process.execPath, ENTRY, '--quiet', ...args],
      {
        cwd: folder,
        env: { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: join(folder, '.cache'), ...env },
      },
    )
    expect(stderr.toString()).toBe('')
    expect(status).toBe(0)
    return createHash('sha256').update(stdout).digest('hex')
  }
  run('process', '../image.tar', 'dir://images?unique_names=true')
  run('process', '../image.tar', 'tar://out.tar')
  run('process', '../image.tar', 'tar://normal.tar.gz?compression=gzip', '-f', 'normalize-timestamps:ts=1000')
  const printed = [['ls'], ['ls', '--json', '--hash'], ['info']].map(([command = '', ...options]) =>
    run(command, '../image.tar', ...options),
  )
  // The program's own notes say when what was opened.
  const written = Object.entries(snapshotOf(folder)).filter(([path]) => !/^\.(?:cache|config)/.test(path))
  return { printed, written }
}

test('time zone, language and umask', { timeout: 120_000 }, () => {
  const [first, ...others] = surroundings.map(
    ([name, env, umask]) => [name, resultsIn(name, env, umask)] as const,
  )
  expect(Object.keys(first?.[1]['written'] ?? {}).length).toBeGreaterThan(4)
  for (const [name, results] of others) expect(results, name).toEqual(first?.[1])
})

describe('the day', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each(['1970-01-01T00:00:00Z', '2038-01-19T03:14:08Z', '2106-02-07T06:28:16Z'])('%s', async (day) => {
    const write = async (name: string): Promise<Buffer> => {
      await convert(
        context,
        { kind: 'tar', path: context.path('image.tar') },
        { kind: 'tar', path: context.path(name), compression: 'gzip', overwrite: true },
        { filters: [{ kind: 'normalize-timestamps', timestamp: 7 }] },
      )
      return readFileSync(context.path(name))
    }
    const today = await write('today')
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(day) })
    expect((await write('then')).equals(today)).toBe(true)
  })

  test('a clock that runs backwards ends no job', async () => {
    let now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now -= 3_600_000))
    const output = { kind: 'dir', path: context.path('backwards'), uniqueNames: false } as const
    const outcome = await convert(context, { kind: 'tar', path: context.path('image.tar') }, output)
    expect(outcome.path).toBe(context.path('backwards'))
    clock.mockRestore()
  })
})
