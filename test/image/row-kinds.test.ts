import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { RowKinds } from '../../main/image/row-kinds.ts'
import type { EntryTable } from '../../main/image/entry-table.ts'
import type { TarEntry } from '../../main/image/tar-entry.ts'
import { entry, tableOf } from '../support/entries.ts'

const LARGE = 2 ** 32 - 1

const anEntry = fc.record({
  type: fc.constantFrom<TarEntry['type']>('file', 'directory', 'char'),
  mode: fc.constantFrom(0, 0o644, 0o755, 0o4755, 0o7777),
  uid: fc.constantFrom(0, 1, 2 ** 20, LARGE),
  gid: fc.constantFrom(0, 1, 2 ** 16, LARGE),
})

function expectSame(table: EntryTable): void {
  const kinds = new RowKinds(table.columns)
  for (let row = 0; row < table.length; row++)
    expect([kinds.type(row), kinds.mode(row), kinds.uid(row), kinds.gid(row)]).toEqual([
      table.type(row),
      table.mode(row),
      table.uid(row),
      table.gid(row),
    ])
}

it('says what the table says', () => {
  fc.assert(
    fc.property(fc.array(anEntry, { maxLength: 50 }), (entries) =>
      expectSame(tableOf(entries.map((fields) => entry('a', fields)))),
    ),
  )
})

it.each([
  ['more kinds than a byte tells', 300],
  ['as many as there may be', 2 ** 16],
  ['more than that', 2 ** 16 + 1],
])('says so of %s', (_, count) => {
  const some = (fields: (i: number) => Partial<TarEntry>): EntryTable =>
    tableOf(Array.from({ length: count }, (_, i) => entry('a', fields(i))))
  expectSame(some((i) => ({ uid: i })))
  expectSame(some((i) => ({ gid: LARGE - i })))
  expectSame(some((i) => ({ uid: i % 256, gid: i >> 8 })))
})
