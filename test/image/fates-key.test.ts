import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { entriesDigest } from '../../main/image/fates-key.ts'
import type { TarEntry } from '../../main/image/tar-entry.ts'
import { decodeIndex, encodeIndex } from '../../main/store/index-file.ts'
import type { EntryType } from '../../shared/files.ts'
import { directory, entry, hardLink, symlink, tableOf } from '../support/entries.ts'
import { layerStack } from '../support/layer-arbitrary.ts'

const LAYER = `sha256:${'1'.repeat(64)}` as const

it('is the same for entries that come from a tar and from the index', async () => {
  await fc.assert(
    fc.asyncProperty(layerStack, async ([entries = []]) => {
      const table = tableOf(entries)
      const read = decodeIndex(LAYER, await encodeIndex(LAYER, { table, size: 0 }))
      expect(read && entriesDigest(read.table)).toBe(entriesDigest(table))
    }),
  )
})

it('is another for whatever makes another tree', () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text)
  const lists: TarEntry[][] = [
    [],
    [entry('a')],
    [entry('b')],
    [entry('a'), entry('b')],
    [entry('b'), entry('a')],
    [entry('ab')],
    [entry('a', { size: 1 })],
    [entry('a', { uid: 1 })],
    [entry('a', { gid: 1 })],
    [entry('a', { mode: 0o600 })],
    [directory('a')],
    [symlink('a', 'b')],
    [symlink('ab', '')],
    [symlink('a', 'bc')],
    [hardLink('a', 'b')],
    ...(['fifo', 'char', 'block'] satisfies EntryType[]).map((type) => [entry('a', { type })]),
    [entry('a', { xattrs: { 'user.x': bytes('1') } })],
    [entry('a', { xattrs: { 'user.x': bytes('2') } })],
    [entry('a', { xattrs: { 'user.x1': bytes('') } })],
    [entry('a', { xattrs: { 'user.x': bytes('1'), 'user.y': bytes('') } })],
    [entry('a'), entry('b', { xattrs: { 'user.x': bytes('1') } })],
  ]
  expect(new Set(lists.map((entries) => entriesDigest(tableOf(entries)))).size).toBe(lists.length)
})

it('is the same for what makes no other tree', () => {
  expect(entriesDigest(tableOf([entry('a', { mtime: 5, offset: 512 })]))).toBe(
    entriesDigest(tableOf([entry('a')])),
  )
})
