import { describe, expect, it } from 'vitest'
import { flatten } from '../../main/image/flatten.ts'
import { fatesOfTree } from '../../main/image/fates-of-tree.ts'
import { rowFilter } from '../../main/image/row-filter.ts'
import type { FateFilter, SearchFilter } from '../../shared/query.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'
import { directory, entry, hardLink, symlink, tableOf } from '../support/entries.ts'

const ENTRIES = [
  directory('tmp', { mode: 0o1777 }),
  directory('open', { mode: 0o777 }),
  directory('team', { mode: 0o2775, gid: 50 }),
  entry('bin/su', { mode: 0o4755, size: 70_000 }),
  entry('bin/wall', { mode: 0o2755, size: 30_000, gid: 5 }),
  entry('etc/hosts', { mode: 0o666, size: 20, uid: 1000, gid: 1000 }),
  symlink('bin/sh', 'dash'),
  hardLink('bin/su2', 'bin/su'),
  entry('dev/null', { type: 'char', mode: 0o666, device: { major: 1, minor: 3 } }),
]
const table = tableOf(ENTRIES)

function kept(filter: Partial<SearchFilter>): string[] {
  const accepts = rowFilter({ ...NO_FILTER, ...filter })
  return ENTRIES.flatMap(({ path }, row) => ((accepts?.(table, row) ?? true) ? [path] : []))
}

describe('what entries are by themselves', () => {
  it('is not asked by an empty filter', () => {
    expect(rowFilter(NO_FILTER)).toBeUndefined()
  })

  it.each<[Partial<SearchFilter>, string[]]>([
    [{ types: ['symlink', 'link'] }, ['bin/sh', 'bin/su2']],
    [{ minSize: 21 }, ['bin/su', 'bin/wall']],
    [{ maxSize: 20 }, ['etc/hosts']],
    [{ minSize: 20, maxSize: 30_000 }, ['bin/wall', 'etc/hosts']],
    [{ uid: 1000 }, ['etc/hosts']],
    [{ gid: 50 }, ['team']],
    [{ uid: 0, gid: 5 }, ['bin/wall']],
    [{ modes: ['setuid'] }, ['bin/su']],
    [{ modes: ['setgid'] }, ['team', 'bin/wall']],
    [{ modes: ['sticky'] }, ['tmp']],
    [{ modes: ['world-writable'] }, ['open', 'etc/hosts', 'dev/null']],
    [{ modes: ['setuid', 'executable'] }, ['bin/su']],
    [{ include: ['bin'], exclude: ['su*'] }, ['bin/wall', 'bin/sh']],
  ])('%j keeps %j', (filter, expected) => {
    expect(kept(filter)).toEqual(expected)
  })
})

describe('what became of entries', () => {
  const layers = [
    tableOf([entry('a'), entry('b'), entry('c'), directory('d'), entry('d/x')]),
    tableOf([entry('b'), entry('.wh.c'), entry('new')]),
    tableOf([entry('new'), directory('d', { mode: 0o700 }), entry('d/.wh..wh..opq')]),
  ]
  const image = fatesOfTree(flatten(layers))
  const found = (fates: readonly FateFilter[]): string[] =>
    layers.flatMap((layer, index) =>
      Array.from({ length: layer.length }, (_, row) => row).flatMap((row) =>
        image.layers[index]?.has(row, fates) ? [`${index}:${layer.path(row)}`] : [],
      ),
    )

  it.each<[FateFilter, string[]]>([
    ['added', ['0:a', '0:b', '0:c', '0:d', '0:d/x', '1:new']],
    ['modified', ['1:b', '2:new', '2:d']],
    ['surviving', ['0:a', '1:b', '2:new', '2:d']],
    ['deleted', ['0:c', '0:d/x']],
    ['hidden', ['0:b', '0:c', '0:d', '0:d/x', '1:new']],
  ])('%s: %j', (fate, expected) => {
    expect(found([fate])).toEqual(expected)
  })

  it('is any of those asked', () => {
    expect(found(['deleted', 'modified'])).toEqual(['0:c', '0:d/x', '1:b', '2:new', '2:d'])
  })
})
