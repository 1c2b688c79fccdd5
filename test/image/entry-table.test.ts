import { expect, test } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { EntryTableBuilder } from '../../main/image/entry-table.ts'
import { entryOf } from '../support/tar-fixtures.ts'

const entries: TarEntry[] = [
  entryOf({ path: '', type: 'directory', mode: 0o1777 }),
  entryOf({
    path: 'f\xff\xfe',
    size: 2 ** 52,
    mode: 0o6755,
    uid: 2 ** 32 - 2,
    gid: 2 ** 32 - 2,
    mtime: -5,
    mtimeNanoseconds: 999_999_999,
    offset: 2 ** 50,
  }),
  entryOf({ path: 'link', type: 'symlink', linkname: '../\xc3\xbc' }),
  entryOf({ path: 'hard', type: 'link', linkname: 'f' }),
  entryOf({ path: 'null', type: 'char', device: { major: 1, minor: 3 } }),
  entryOf({ path: 'sda', type: 'block', device: { major: 8, minor: 0 } }),
  entryOf({ path: 'pipe', type: 'fifo' }),
  entryOf({ path: 'caps', xattrs: { 'user.x': Uint8Array.of(0, 255) } }),
  entryOf({ path: 'sparse', size: 1000, storedSize: 4, sparse: [[500, 4]] }),
]

function tableOf(rows: Iterable<TarEntry>) {
  const builder = new EntryTableBuilder()
  for (const row of rows) builder.add(row)
  return builder.build()
}

test('rows come out as they went in', () => {
  const table = tableOf(entries)
  expect(table.length).toBe(entries.length)
  expect(entries.map((_, row) => table.at(row))).toEqual(entries)
  expect(table.type(3)).toBe('link')
  expect([
    table.path(1),
    table.size(1),
    table.mode(1),
    table.uid(1),
    table.gid(1),
    table.mtime(1),
    table.offset(1),
  ]).toEqual(['f\xff\xfe', 2 ** 52, 0o6755, 2 ** 32 - 2, 2 ** 32 - 2, -5, 2 ** 50])
  expect(table.linkname(0)).toBeUndefined()
  expect(table.rare(0)).toBeUndefined()
})

test("owners' names are left out", () => {
  expect(tableOf([entryOf({ path: 'f', uname: 'root', gname: 'root' })]).at(0)).toEqual(
    entryOf({ path: 'f' }),
  )
})

test('an empty table', () => {
  expect(tableOf([]).length).toBe(0)
})

test('it grows past every first guess, in tens of bytes a row', () => {
  const table = tableOf(
    (function* () {
      for (let i = 0; i < 50_000; i++) yield entryOf({ path: `usr/share/doc/package/${i}`, size: i })
    })(),
  )
  expect(table.length).toBe(50_000)
  for (const row of [0, 1023, 1024, 49_999]) {
    expect(table.path(row)).toBe(`usr/share/doc/package/${row}`)
    expect(table.size(row)).toBe(row)
  }
  const { names, rare, length: _, ...columns } = table.columns
  const bytes = Object.values(columns).reduce((sum, column) => sum + column.byteLength, names.byteLength)
  expect(rare.size).toBe(0)
  expect(bytes / table.length).toBeLessThan(90)
})

test('a layer that claims without end is refused', () => {
  const limits = { rows: 10, nameBytes: 100, rareBytes: 1000 }
  const filled = (entry: TarEntry, times: number) => {
    const builder = new EntryTableBuilder(limits)
    for (let i = 0; i < times; i++) builder.add(entry)
    return builder.build().length
  }
  const refusal = expect.objectContaining({ code: 'limit' })
  expect(filled(entryOf({ path: 'a' }), 10)).toBe(10)
  expect(() => filled(entryOf({ path: 'a' }), 11)).toThrowError(refusal)
  expect(() =>
    filled(entryOf({ path: 'a'.repeat(30), type: 'symlink', linkname: 'b'.repeat(30) }), 2),
  ).toThrowError(refusal)
  expect(() => filled(entryOf({ path: 'a', xattrs: { 'user.x': new Uint8Array(500) } }), 2)).toThrowError(
    refusal,
  )
  const sparse = Array.from({ length: 8 }, (_, i) => [i * 2, 1] as const)
  expect(() => filled(entryOf({ path: 'a', size: 16, storedSize: 8, sparse }), 2)).toThrowError(refusal)
})
