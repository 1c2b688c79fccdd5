import { describe, expect, it } from 'vitest'
import { FileRows } from '../../main/engine/file-rows.ts'
import type { TarEntry } from '../../main/image/element.ts'
import { flatten } from '../../main/image/flatten.ts'
import type { RowsQuery } from '../../shared/files.ts'
import { directory, entry, hardLink, symlink, tableOf } from '../support/entries.ts'

const SIGNS = { added: '+', modified: '~', deleted: '-', unchanged: ' ' }

const QUERY: RowsQuery = {
  tree: { isMerged: true },
  view: 'tree',
  sort: { by: 'size', isDescending: true },
  changes: [],
  filter: '',
  expanded: [],
  collapsed: [],
  offset: 0,
  limit: 1000,
}

function rowsOf(...layers: readonly (readonly TarEntry[])[]): FileRows {
  return new FileRows(flatten(layers.map((layer) => tableOf(layer))))
}

/** Each row as a line: sign, indent, name, size. */
function lines(rows: FileRows, query: Partial<RowsQuery> = {}): string[] {
  return rows
    .window({ ...QUERY, ...query })
    .rows.map((row) => `${SIGNS[row.change]}${'  '.repeat(row.depth)}${row.name} ${row.size}`)
}

const EVERYTHING = ['etc', 'usr', 'usr/bin', 'var']

/** Base, then a layer that adds, replaces and deletes, then one that deletes a directory. */
const THREE = (): FileRows =>
  rowsOf(
    [
      directory('etc'),
      entry('etc/motd', { size: 5 }),
      entry('etc/passwd', { size: 10 }),
      directory('usr'),
      directory('usr/bin'),
      entry('usr/bin/sh', { size: 100 }),
      entry('var/log', { size: 1 }),
    ],
    [
      directory('etc', { mtime: 99 }),
      entry('etc/.wh.motd'),
      entry('etc/passwd', { size: 20 }),
      entry('usr/bin/ls', { size: 50 }),
    ],
    [entry('.wh.var')],
  )

describe('the merged tree', () => {
  it('shows directories with the sum of what is below, largest first', () => {
    expect(lines(THREE())).toEqual([' usr 150', ' etc 20', '-var 1'])
  })

  it('opens what is expanded', () => {
    expect(lines(THREE(), { expanded: ['usr', 'usr/bin'] })).toEqual([
      ' usr 150',
      '   bin 150',
      '     sh 100',
      '+    ls 50',
      ' etc 20',
      '-var 1',
    ])
  })

  it('marks what its top layer changed', () => {
    const tree = { layer: 1, isMerged: true }
    expect(lines(THREE(), { tree, expanded: EVERYTHING })).toEqual([
      ' usr 150',
      '   bin 150',
      '     sh 100',
      '+    ls 50',
      ' etc 20',
      '~  passwd 20',
      '-  motd 5',
      ' var 1',
      '   log 1',
    ])
    expect(lines(THREE(), { tree: { layer: 2, isMerged: true } }).at(-1)).toBe('-var 1')
  })

  it('adds up what is there, not what was deleted', () => {
    const { files, directories, bytes } = THREE().window({ ...QUERY, tree: { layer: 1, isMerged: true } })
    expect({ files, directories, bytes }).toEqual({ files: 4, directories: 4, bytes: 171 })
  })

  it('says where each row comes from', () => {
    const rows = THREE().window({ ...QUERY, tree: { layer: 1, isMerged: true }, expanded: ['etc'] }).rows
    expect(rows.map(({ path, layer }) => [path, layer])).toEqual([
      ['usr', 0],
      ['etc', 1],
      ['etc/passwd', 1],
      ['etc/motd', 1],
      ['var', 0],
    ])
  })

  it('counts content with several links once, and shows its size on each', () => {
    const rows = rowsOf([entry('a/x', { size: 7 }), hardLink('b/y', 'a/x'), symlink('s', 'a/x')])
    expect(lines(rows, { expanded: ['a', 'b'] })).toEqual([' a 7', '   x 7', ' b 0', '   y 7', ' s 0'])
    expect(rows.window(QUERY).bytes).toBe(7)
  })
})

describe('the whole image', () => {
  /** Sign, path, and the layer that made it so, of every row. */
  const marks = (rows: FileRows, query: Partial<RowsQuery> = {}): string[] =>
    rows
      .window({ ...QUERY, sort: { by: 'name', isDescending: false }, ...query })
      .rows.map((row) => `${SIGNS[row.change]}${row.path} ${row.layer}`)

  it('marks what was changed of the base, and shows what any layer deleted', () => {
    expect(lines(THREE(), { expanded: EVERYTHING })).toEqual([
      ' usr 150',
      '   bin 150',
      '     sh 100',
      '+    ls 50',
      ' etc 20',
      '~  passwd 20',
      '-  motd 5',
      '-var 1',
      '-  log 1',
    ])
    expect(marks(THREE(), { expanded: EVERYTHING })).toContain('-etc/motd 1')
    expect(marks(THREE(), { view: 'list', changes: ['deleted'] })).toEqual(['-etc/motd 1', '-var/log 2'])
  })

  it('adds up what is there', () => {
    const { files, directories, bytes } = THREE().window(QUERY)
    expect({ files, directories, bytes }).toEqual({ files: 3, directories: 3, bytes: 170 })
  })

  it('knows what came above the base and went again', () => {
    const rows = rowsOf([entry('a')], [entry('key', { size: 3 })], [entry('.wh.key')], [entry('b')])
    expect(marks(rows)).toEqual([' a 0', '+b 3', '-key 2'])
    expect(rows.window(QUERY).bytes).toBe(0)
  })

  it('marks what was deleted and made again by what it is now', () => {
    const rows = rowsOf(
      [entry('a', { size: 1 }), entry('d/x'), entry('d/y')],
      [entry('.wh.a'), entry('.wh.d')],
      [entry('a', { size: 2 }), entry('d/x', { size: 4 })],
    )
    expect(marks(rows, { expanded: ['d'] })).toEqual(['~a 2', ' d 2', '~d/x 2', '-d/y 1'])
    expect(lines(rows)).toEqual([' d 4', '~a 2'])
  })

  it('says of what was deleted twice which layer did it last', () => {
    const rows = rowsOf(
      [entry('a', { size: 1 })],
      [entry('.wh.a')],
      [entry('a', { size: 2 })],
      [entry('.wh.a')],
    )
    expect(marks(rows)).toEqual(['-a 3'])
    expect(lines(rows)).toEqual(['-a 2'])
  })

  it('shows all that a deleted directory ever held', () => {
    const rows = rowsOf(
      [entry('d/old', { size: 1 })],
      [entry('d/.wh.old'), entry('d/new', { size: 2 })],
      [entry('.wh.d')],
    )
    expect(marks(rows, { expanded: ['d'] })).toEqual(['-d 2', '-d/new 2', '-d/old 1'])
  })

  it('has nothing that its own layer made and unmade', () => {
    const rows = rowsOf([entry('a')], [entry('d/x'), entry('d', { size: 1 })])
    expect(marks(rows, { expanded: ['d'] })).toEqual([' a 0', '+d 1'])
  })

  it('counts a file once of which one link was deleted', () => {
    const rows = rowsOf([entry('a/x', { size: 7 }), hardLink('b/y', 'a/x')], [entry('a/.wh.x')])
    expect(lines(rows, { expanded: ['a', 'b'] })).toEqual([' b 7', '   y 7', ' a 0', '-  x 7'])
    expect(rows.window(QUERY)).toMatchObject({ files: 1, bytes: 7 })
  })

  it('marks nothing of an image that is all base', () => {
    expect(marks(rowsOf([directory('d'), entry('d/x')]), { expanded: ['d'] })).toEqual([' d 0', ' d/x 0'])
    expect(rowsOf().window(QUERY)).toMatchObject({ total: 0, files: 0, bytes: 0 })
  })
})

describe('one layer', () => {
  it('shows what it changed and the directories above, and adds up only that', () => {
    const rows = THREE()
    const tree = { layer: 1, isMerged: false }
    expect(lines(rows, { tree, expanded: EVERYTHING })).toEqual([
      ' usr 50',
      '   bin 50',
      '+    ls 50',
      ' etc 20',
      '~  passwd 20',
      '-  motd 5',
    ])
    expect(rows.window({ ...QUERY, tree })).toMatchObject({ files: 2, directories: 0, bytes: 70 })
  })

  it('shows a deleted directory with all it held', () => {
    const tree = { layer: 2, isMerged: false }
    expect(lines(THREE(), { tree, expanded: ['var'] })).toEqual(['-var 1', '-  log 1'])
  })

  it('marks a directory only where more than its time changed', () => {
    const rows = rowsOf(
      [directory('a'), directory('b'), directory('c', { xattrs: { 'user.x': Buffer.from('1') } })],
      [directory('a', { mtime: 5 }), directory('b', { mode: 0o700 }), directory('c', { xattrs: {} })],
    )
    expect(lines(rows, { tree: { layer: 1, isMerged: false } })).toEqual(['~b 0', '~c 0'])
  })

  it('shows a file in place of a directory without what was below it', () => {
    const rows = rowsOf([entry('d/x/y', { size: 3 })], [entry('d', { size: 9 })])
    expect(lines(rows, { tree: { layer: 1, isMerged: false }, expanded: ['d', 'd/x'] })).toEqual(['~d 9'])
  })

  it('shows nothing where a layer changed nothing', () => {
    expect(rowsOf([entry('a')], []).window({ ...QUERY, tree: { layer: 1, isMerged: false } })).toMatchObject({
      total: 0,
      files: 0,
    })
  })
})

describe('order', () => {
  const rows = (): FileRows =>
    rowsOf([
      entry('b', { size: 1 }),
      entry('a', { size: 1 }),
      entry('c', { size: 2 }),
      entry('B', { size: 0 }),
    ])

  it.each([
    ['size', true, ['c', 'a', 'b', 'B']],
    ['size', false, ['B', 'a', 'b', 'c']],
    ['name', false, ['B', 'a', 'b', 'c']],
    ['name', true, ['c', 'b', 'a', 'B']],
  ] as const)('by %s, descending %s', (by, isDescending, expected) => {
    expect(
      rows()
        .window({ ...QUERY, sort: { by, isDescending } })
        .rows.map((row) => row.name),
    ).toEqual(expected)
  })
})

describe('the list', () => {
  it('has every file by its size or its whole path', () => {
    const rows = THREE()
    const paths = (query: Partial<RowsQuery>): string[] =>
      rows.window({ ...QUERY, view: 'list', ...query }).rows.map((row) => row.path)
    expect(paths({})).toEqual(['usr/bin/sh', 'usr/bin/ls', 'etc/passwd', 'etc/motd', 'var/log'])
    const byName = { by: 'name', isDescending: false } as const
    expect(paths({ sort: byName })).toEqual(['etc/motd', 'etc/passwd', 'usr/bin/ls', 'usr/bin/sh', 'var/log'])
    expect(paths({ sort: { ...byName, isDescending: true }, filter: 'bin/' })).toEqual([
      'usr/bin/sh',
      'usr/bin/ls',
    ])
  })
})

describe('a filter', () => {
  it('shows matches with the directories above them, open', () => {
    expect(lines(THREE(), { filter: 'SH' })).toEqual([' usr 150', '   bin 150', '     sh 100'])
    expect(lines(THREE(), { filter: '*pass*' })).toEqual([' etc 20', '~  passwd 20'])
  })

  it('leaves a matching directory closed, with all below it at hand', () => {
    expect(lines(THREE(), { filter: 'bin' })).toEqual([' usr 150', '   bin 150'])
    expect(lines(THREE(), { filter: 'bin', expanded: ['usr/bin'] })).toHaveLength(4)
  })

  it('looks in whole paths where it has a slash', () => {
    expect(lines(THREE(), { filter: 'usr/b' })).toEqual([' usr 150', '   bin 150'])
    expect(lines(THREE(), { filter: '/usr/*/s?' })).toEqual([' usr 150', '   bin 150', '     sh 100'])
    expect(lines(THREE(), { filter: 'nothing/like it' })).toEqual([])
  })

  it('of changes opens what leads to them, not what changed as a whole', () => {
    expect(lines(THREE(), { changes: ['deleted'] })).toEqual([' etc 20', '-  motd 5', '-var 1'])
    expect(lines(THREE(), { changes: ['added'] })).toEqual([' usr 150', '   bin 150', '+    ls 50'])
    const rows = rowsOf([directory('d')], [directory('d', { mode: 0o700 }), entry('d/e/f'), entry('n/x')])
    expect(lines(rows, { changes: ['added', 'modified'] })).toEqual(['~d 0', '+  e 0', '+n 0'])
    const above = rowsOf([entry('a')], [entry('d/key'), entry('d/kept')], [entry('d/.wh.key')])
    expect(lines(above, { changes: ['deleted'] })).toEqual(['+d 0', '-  key 0'])
  })

  it('leaves closed what the user closed, until it is opened again', () => {
    const filter = 's'
    expect(lines(THREE(), { filter, collapsed: ['usr/bin'] })).toEqual([
      ' usr 150',
      '   bin 150',
      ' etc 20',
      '~  passwd 20',
    ])
    expect(lines(THREE(), { filter, collapsed: ['usr', 'etc'] })).toEqual([' usr 150', ' etc 20'])
    const both = { filter, collapsed: ['usr', 'etc'], expanded: ['etc'] }
    expect(lines(THREE(), both)).toEqual([' usr 150', ' etc 20', '~  passwd 20'])
    expect(lines(THREE(), { changes: ['deleted'], collapsed: ['etc'] })).toEqual([' etc 20', '-var 1'])
    expect(THREE().window({ ...QUERY, filter, collapsed: ['usr'] }).rows[0]).toMatchObject({
      name: 'usr',
      isExpanded: false,
      childCount: 1,
    })
    const query = { ...QUERY, filter, collapsed: ['usr', 'usr/bin'] }
    expect(THREE().locate(query, 'usr/bin/ls')).toEqual({ index: 3, expanded: ['usr', 'usr/bin'] })
  })

  it('goes together with a choice of changes', () => {
    const tree = { layer: 1, isMerged: true }
    expect(lines(THREE(), { tree, changes: ['deleted'], expanded: EVERYTHING })).toEqual([
      ' etc 20',
      '-  motd 5',
    ])
    expect(lines(THREE(), { tree, changes: ['added', 'modified'], filter: 's' })).toEqual([
      ' usr 150',
      '   bin 150',
      '+    ls 50',
      ' etc 20',
      '~  passwd 20',
    ])
  })
})

describe('a window', () => {
  it('is a slice with positions in their sets', () => {
    const rows = THREE().window({ ...QUERY, expanded: EVERYTHING, offset: 2, limit: 2 })
    expect(rows.total).toBe(9)
    expect(
      rows.rows.map(({ name, position, setSize, depth }) => ({ name, position, setSize, depth })),
    ).toEqual([
      { name: 'sh', position: 1, setSize: 2, depth: 2 },
      { name: 'ls', position: 2, setSize: 2, depth: 2 },
    ])
    expect(THREE().window({ ...QUERY, offset: 50 })).toMatchObject({ total: 3, rows: [] })
  })

  it('decodes names and keeps paths as they are', () => {
    const [row] = rowsOf([entry('\xc3\xa9\xff')]).window(QUERY).rows
    expect([row?.name, row?.path]).toEqual(['é\ufffd', '\xc3\xa9\xff'])
  })

  it('says how many children a row shows and whether it is open', () => {
    const [usr, bin] = THREE().window({ ...QUERY, expanded: ['usr'] }).rows
    expect([usr?.childCount, usr?.isExpanded]).toEqual([1, true])
    expect([bin?.childCount, bin?.isExpanded]).toEqual([2, false])
  })
})

describe('locating', () => {
  it('opens the directories above and finds the line', () => {
    expect(THREE().locate(QUERY, 'usr/bin/ls')).toEqual({ index: 3, expanded: ['usr', 'usr/bin'] })
    expect(THREE().locate({ ...QUERY, expanded: ['etc'] }, 'etc')).toEqual({ index: 1, expanded: ['etc'] })
  })

  it('finds nothing where there is no such row', () => {
    expect(THREE().locate(QUERY, 'usr/bin/none')).toBeNull()
    expect(THREE().locate({ ...QUERY, tree: { layer: 1, isMerged: false } }, 'var/log')).toBeNull()
    expect(THREE().locate({ ...QUERY, filter: 'sh' }, 'etc')).toBeNull()
    expect(THREE().locate(QUERY, '')).toBeNull()
  })
})

describe('typing ahead', () => {
  it('goes to the next row of that start, and round', () => {
    const rows = rowsOf([
      entry('Apple', { size: 3 }),
      entry('bean', { size: 2 }),
      entry('apricot', { size: 1 }),
    ])
    const next = (text: string, from: number): number | undefined => rows.typeAhead(QUERY, text, from)?.index
    expect([next('ap', 0), next('ap', 2), next('app', 2), next('b', 1), next('x', 0)]).toEqual([
      2,
      0,
      0,
      1,
      undefined,
    ])
  })
})

it('opens a tree of a hundred thousand in a deep and wide image without recursion', () => {
  const deep = Array.from({ length: 1500 }, () => 'd').join('/')
  const rows = rowsOf([
    entry(`${deep}/f`, { size: 1 }),
    ...Array.from({ length: 100_000 }, (_, i) => entry(`w/${i}`)),
  ])
  const found = rows.locate(QUERY, `${deep}/f`)
  expect(found?.index).toBe(1500)
  expect(rows.window({ ...QUERY, expanded: ['w'], offset: 99_000 }).rows).toHaveLength(1000)
})
