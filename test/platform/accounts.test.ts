import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accounts } from '../../main/platform/accounts.ts'

const user = { uid: 1000, gid: 1001, name: 'ann' }
let root: string
let bin: string

function ranges(text: string): void {
  for (const name of ['subuid', 'subgid']) writeFileSync(join(root, 'etc', name), text)
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'occystrap-accounts-'))
  bin = join(root, 'bin')
  mkdirSync(join(root, 'etc'))
  mkdirSync(bin)
  for (const name of ['newuidmap', 'newgidmap']) writeFileSync(join(bin, name), '', { mode: 0o755 })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('accounts', () => {
  test('are those of this process', () => {
    const found = accounts()
    expect(found.uid).toBe(process.geteuid?.() ?? 0)
    expect(found.gid).toBe(process.getegid?.() ?? 0)
    expect(found.isRoot).toBe(process.geteuid?.() === 0)
  })

  test('root is uid 0', () => {
    const isRoot = (uid: number) => accounts({ root, user: { ...user, uid } }).isRoot
    expect(isRoot(0)).toBe(process.platform !== 'win32')
    expect(isRoot(1000)).toBe(false)
  })

  test.each([
    ['by name', 'ann:100000:65536\n', { start: 100_000, count: 65_536 }],
    ['by uid', 'bob:1:1\n1000:200000:5', { start: 200_000, count: 5 }],
    ['the first of several', 'bob:1:1\nann:300000:7\nann:400000:8\n', { start: 300_000, count: 7 }],
    ['after lines that are none', '# x\n\nann\nann:x:1\nann:-1:5\nann:5:1\n', { start: 5, count: 1 }],
    ['not an empty one', 'ann:100000:0\n', undefined],
    ['not one beyond all ids', 'ann:4294967290:100\n', undefined],
    ['not another’s', 'anna:1:1\nan:1:1\n1001:1:1\n', undefined],
    ['not of an empty file', '', undefined],
  ])('range %s', (_, text, expected) => {
    ranges(text)
    const found = accounts({ root, path: bin, user })
    expect([found.subUids, found.subGids]).toEqual([expected, expected])
  })

  test.each([undefined, ''])('none for a user whose name is %o: newuidmap would refuse', (name) => {
    ranges('undefined:1:1\n:2:2\n1000:9:9\n')
    const found = accounts({ root, path: bin, user: { ...user, name } })
    expect([found.subUids, found.subGids]).toEqual([undefined, undefined])
  })

  test.each(['newuidmap', 'newgidmap'])('none without %s', (helper) => {
    ranges('ann:100000:65536\n')
    const found = () => accounts({ root, path: `/nowhere:${bin}`, user })
    const range = { start: 100_000, count: 65_536 }
    expect([found().subUids, found().subGids]).toEqual([range, range])
    chmodSync(join(bin, helper), 0o644)
    const without = found()
    chmodSync(join(bin, helper), 0o755)
    expect([without.subUids, without.subGids]).toEqual([undefined, undefined])
  })

  test.each(['subuid', 'subgid'])('none where %s has none', (file) => {
    ranges('ann:100000:65536\n')
    writeFileSync(join(root, 'etc', file), 'bob:100000:65536\n')
    const found = accounts({ root, path: bin, user })
    expect([found.subUids, found.subGids]).toEqual([undefined, undefined])
  })

  test('a helper in a relative folder does not count, nor a folder of its name', () => {
    ranges('ann:100000:65536\n')
    const odd = join(root, 'odd')
    mkdirSync(join(odd, 'newuidmap'), { recursive: true })
    for (const path of ['', '.', relative(process.cwd(), bin), odd])
      expect(accounts({ root, path, user }).subUids).toBeUndefined()
  })

  test('without the files there are none', () => {
    expect(accounts({ root: join(root, 'none'), path: bin, user }).subUids).toBeUndefined()
  })
})
