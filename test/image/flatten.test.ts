import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { flatten } from '../../main/image/flatten.ts'
import type { ImageTree } from '../../main/image/image-tree.ts'
import { fateOf } from '../../main/image/tree-change.ts'
import { resolvePath } from '../../main/image/resolve-path.ts'
import { directory, entry, hardLink, symlink, tableOf } from '../support/entries.ts'
import { layerStack } from '../support/layer-arbitrary.ts'
import { applyLayers } from '../support/naive-layers.ts'

function treeOf(...layers: readonly (readonly TarEntry[])[]): ImageTree {
  return flatten(layers.map((layer) => tableOf(layer)))
}

/** Paths with their types and, for files, sizes; sorted. */
function listing(tree: ImageTree, layer = tree.lastLayer): string[] {
  const lines: string[] = []
  for (const [node, version] of tree.walk(layer)) {
    const { type, size, linkname } = tree.stat(version)
    const tail =
      { file: ` ${size}`, directory: '/', symlink: ` -> ${linkname}` }[type as string] ?? ` ${type}`
    lines.push(`${tree.nodes.path(node)}${tail}`)
  }
  return lines.sort()
}

describe('flatten', () => {
  it('puts layers over each other', () => {
    const tree = treeOf(
      [directory('etc'), entry('etc/a', { size: 1 }), entry('etc/b', { size: 2 })],
      [entry('etc/b', { size: 3 }), entry('etc/c', { size: 4 })],
    )
    expect(listing(tree)).toEqual(['etc/', 'etc/a 1', 'etc/b 3', 'etc/c 4'])
    expect(listing(tree, 0)).toEqual(['etc/', 'etc/a 1', 'etc/b 2'])
  })

  it('hides a file and a whole directory below a whiteout', () => {
    const tree = treeOf(
      [entry('a', { size: 1 }), entry('d/e/f', { size: 2 }), entry('d2/x')],
      [entry('.wh.a'), entry('.wh.d')],
    )
    expect(listing(tree)).toEqual(['d2/', 'd2/x 0'])
  })

  it('lets a whiteout hide lower layers only, wherever it stands in the tar', () => {
    const lower = [entry('d/old', { size: 1 })]
    const whiteout = entry('.wh.d')
    const own = [directory('d', { mode: 0o700 }), entry('d/new', { size: 2 })]
    const expected = ['d/', 'd/new 2']
    expect(listing(treeOf(lower, [whiteout, ...own]))).toEqual(expected)
    expect(listing(treeOf(lower, [...own, whiteout]))).toEqual(expected)
    expect(listing(treeOf(lower, [entry('d/new', { size: 2 }), whiteout]))).toEqual(expected)
  })

  it('matches an opaque directory by components, not by prefix', () => {
    const tree = treeOf(
      [entry('usr/lib/x'), entry('usr/lib64/y'), entry('usr/lib/d/z')],
      [entry('usr/lib/new'), entry('usr/lib/.wh..wh..opq')],
    )
    expect(listing(tree)).toEqual(['usr/', 'usr/lib/', 'usr/lib/new 0', 'usr/lib64/', 'usr/lib64/y 0'])
  })

  it('hides everything below an opaque root', () => {
    expect(listing(treeOf([entry('a/b'), entry('c')], [entry('n'), entry('.wh..wh..opq')]))).toEqual(['n 0'])
  })

  it('keeps the children of a directory that a directory replaces, and takes the new metadata', () => {
    const tree = treeOf([directory('d'), entry('d/a')], [directory('d', { mode: 0o700, uid: 5 })])
    expect(listing(tree)).toEqual(['d/', 'd/a 0'])
    expect(tree.stat(tree.versionAt(tree.nodes.find('d')))).toMatchObject({ mode: 0o700, uid: 5, layer: 1 })
  })

  it('drops what was below a directory that something else replaces', () => {
    expect(listing(treeOf([entry('d/a')], [entry('d', { size: 7 })]))).toEqual(['d 7'])
    expect(listing(treeOf([entry('d/a')], [symlink('d', 'e')]))).toEqual(['d -> e'])
  })

  it('replaces a symlink by a directory, as umoci does', () => {
    const tree = treeOf([directory('t'), symlink('l', 't')], [directory('l'), entry('l/f')])
    expect(listing(tree)).toEqual(['l/', 'l/f 0', 't/'])
  })

  it('follows a parent that is a symlink, inside the root', () => {
    const tree = treeOf(
      [
        directory('usr/bin'),
        symlink('bin', 'usr/bin'),
        symlink('up', '../../../usr'),
        symlink('abs', '/usr'),
      ],
      [entry('bin/a'), entry('up/b'), entry('abs/c'), entry('up/bin/d')],
    )
    expect(listing(tree)).toEqual([
      'abs -> /usr',
      'bin -> usr/bin',
      'up -> ../../../usr',
      'usr/',
      'usr/b 0',
      'usr/bin/',
      'usr/bin/a 0',
      'usr/bin/d 0',
      'usr/c 0',
    ])
  })

  it('follows symlinks on the way to a whiteout', () => {
    const tree = treeOf(
      [entry('usr/bin/a'), entry('usr/bin/b'), symlink('bin', 'usr/bin')],
      [entry('bin/.wh.a')],
      [entry('bin/.wh..wh..opq')],
    )
    expect(listing(tree, 1)).toEqual(['bin -> usr/bin', 'usr/', 'usr/bin/', 'usr/bin/b 0'])
    expect(listing(tree, 2)).toEqual(['bin -> usr/bin', 'usr/', 'usr/bin/'])
  })

  it('makes the directories that a dangling symlink points to', () => {
    expect(listing(treeOf([symlink('l', 'x/y')], [entry('l/f')]))).toEqual([
      'l -> x/y',
      'x/',
      'x/y/',
      'x/y/f 0',
    ])
  })

  it('goes back from what is not there, or is a file, without making it', () => {
    const tree = treeOf([entry('f'), symlink('l', 'f/../x/y/../../z')], [entry('l/a')])
    expect(listing(tree)).toEqual(['f 0', 'l -> f/../x/y/../../z', 'z/', 'z/a 0'])
    expect(tree.problems).toEqual([])
  })

  it('forgets a known parent when a link takes its place', () => {
    const tree = treeOf([entry('d/a'), symlink('d', 'e'), entry('d/b')])
    expect(listing(tree)).toEqual(['d -> e', 'e/', 'e/b 0'])
  })

  it('follows forty links and no more', () => {
    const chain = (length: number): TarEntry[] => [
      directory('l0'),
      ...Array.from({ length }, (_, i) => symlink(`l${i + 1}`, `l${i}`)),
    ]
    const forty = treeOf(chain(40), [entry('l40/f')])
    expect(forty.problems).toEqual([])
    expect(listing(forty)).toContain('l0/f 0')
    const more = treeOf(chain(41), [entry('l41/f')])
    expect(more.problems).toMatchObject([{ layer: 1, path: 'l41/f' }])
    expect(listing(more)).not.toContain('l0/f 0')
    const loop = treeOf([symlink('a', 'b'), symlink('b', 'a')], [entry('a/f')])
    expect(loop.problems).toHaveLength(1)
  })

  it('puts a directory in place of a file that has entries below it, and says so', () => {
    const tree = treeOf([entry('f')], [entry('f/g')])
    expect(listing(tree)).toEqual(['f/', 'f/g 0'])
    expect(tree.problems[0]?.message).toBe(
      'f/g in layer 1 lies below something that is not a directory; a directory takes its place.',
    )
  })

  it('refuses anything but a directory at the root', () => {
    const tree = treeOf([
      entry('a'),
      symlink('', '/etc'),
      entry('', { size: 4 }),
      directory('', { mode: 0o711 }),
    ])
    expect(listing(tree)).toEqual(['a 0'])
    expect(tree.problems).toHaveLength(2)
    expect(tree.stat(tree.versionAt(0))).toMatchObject({ type: 'directory', mode: 0o711 })
  })

  it('lets hard links share an inode that outlives its first name', () => {
    const tree = treeOf(
      [entry('a', { size: 5, mode: 0o640 }), hardLink('b', 'a')],
      [hardLink('c', 'b')],
      [entry('.wh.a'), entry('b', { size: 1 })],
    )
    expect(listing(tree)).toEqual(['b 1', 'c 5'])
    const [b, c] = ['b', 'c'].map((path) => tree.stat(tree.versionAt(tree.nodes.find(path), 1)))
    expect(b?.inode).toBe(c?.inode)
    expect(c).toMatchObject({ mode: 0o640, layer: 1, content: { layer: 0, row: 0 } })
  })

  it('keeps a hard link to nothing as an empty file, and says so', () => {
    const tree = treeOf([
      directory('d'),
      hardLink('a', 'missing'),
      hardLink('b', 'd'),
      hardLink('s', 'd/../x'),
    ])
    expect(listing(tree)).toEqual(['a 0', 'b 0', 'd/', 's 0'])
    expect(tree.problems.map((problem) => problem.message)).toEqual([
      'a in layer 0 is a hard link to missing, which is not there; it is shown as an empty file.',
      'b in layer 0 is a hard link to d, which is a directory; it is shown as an empty file.',
      's in layer 0 is a hard link to d/../x, which is not there; it is shown as an empty file.',
    ])
  })

  it('links to a symlink itself, not to where it leads', () => {
    expect(listing(treeOf([entry('t'), symlink('s', 't'), hardLink('h', 's')]))).toEqual([
      'h -> t',
      's -> t',
      't 0',
    ])
  })

  it('takes the later of two entries of one path', () => {
    expect(listing(treeOf([entry('a', { size: 1 }), entry('a', { size: 2 })]))).toEqual(['a 2'])
  })

  it('leaves a layer out that nobody has read', () => {
    const tree = flatten([tableOf([entry('a')]), null, tableOf([entry('b')])])
    expect(listing(tree)).toEqual(['a 0', 'b 0'])
    expect(tree.stat(tree.versionAt(tree.nodes.find('b'))).layer).toBe(2)
    expect(listing(flatten([]))).toEqual([])
  })

  it('never lets a path out of the root', () => {
    const tree = treeOf([
      symlink('up', '../../..'),
      entry('up/x'),
      symlink('dots', './/../.'),
      entry('dots/y'),
    ])
    expect(listing(tree)).toEqual(['dots -> .//../.', 'up -> ../../..', 'x 0', 'y 0'])
  })

  it('keeps names that no prototype should see', () => {
    const names = ['__proto__', 'constructor', 'a\xffb', '\xc3\xa9']
    const tree = treeOf(names.map((name) => entry(`${name}/x`)))
    expect(listing(tree)).toHaveLength(8)
    expect(tree.nodes.path(tree.nodes.find('a\xffb/x'))).toBe('a\xffb/x')
  })

  it('goes as deep as any tar does', () => {
    const path = Array.from({ length: 1500 }, () => 'd').join('/')
    const tree = treeOf([entry(`${path}/f`)], [entry('.wh.d')])
    expect([...tree.walk(0)]).toHaveLength(1501)
    expect(listing(tree)).toEqual([])
  })
})

describe('what became of an entry', () => {
  const fate = (tree: ImageTree, layer: number, row: number): unknown =>
    fateOf(tree, tree.versionOfRow(layer, row))

  it('is replaced, deleted or present', () => {
    const tree = treeOf(
      [entry('kept'), entry('replaced'), entry('d/deleted'), directory('dir'), entry('gone')],
      [entry('replaced'), directory('dir', { mtime: 9 }), entry('.wh.gone')],
      [entry('.wh.d'), directory('dir', { mode: 0o700 }), entry('gone')],
    )
    expect([0, 1, 2, 3, 4].map((row) => fate(tree, 0, row))).toEqual([
      { state: 'present' },
      { state: 'replaced', by: 1 },
      { state: 'deleted', by: 2 },
      { state: 'replaced', by: 2 },
      { state: 'deleted', by: 1 },
    ])
  })
})

describe('resolvePath', () => {
  const tree = treeOf([
    entry('usr/lib/os', { size: 3 }),
    symlink('etc/os', '../usr/lib/os'),
    symlink('l', 'l'),
  ])
  const at = (path: string, isLastFollowed = true): string =>
    tree.nodes.path(resolvePath(tree, path, 0, isLastFollowed))

  it('follows what a program in the root would', () => {
    expect(at('etc/os')).toBe('usr/lib/os')
    expect(at('etc/os', false)).toBe('etc/os')
    expect(at('/etc/../../usr/./lib')).toBe('usr/lib')
    expect(resolvePath(tree, 'l', 0)).toBe(-1)
    expect(resolvePath(tree, 'usr/lib/os/x', 0)).toBe(-1)
  })
})

describe('any stack of layers', () => {
  it('flattens to what applying it entry by entry on a map gives', () => {
    fc.assert(
      fc.property(layerStack, (layers) => {
        const tree = treeOf(...layers)
        for (const [layer] of layers.entries()) {
          const expected = applyLayers(layers.slice(0, layer + 1))
          expect(listing(tree, layer)).toEqual(expected)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('finds no parent by a link that has come to lead nowhere since', () => {
    const layer = [symlink('b', 'c/..'), symlink('b/c', 'c/./.'), symlink('b/c', '/./a/.')]
    expect(listing(treeOf(layer))).toEqual(['b -> c/..', 'c -> c/./.'])
  })
})

describe('hostile sizes', () => {
  /** Operations grow with entries, not with their product: an accidental square would take minutes here. */
  it('hides 200,000 files one by one', () => {
    const count = 200_000
    const lower = tableOf(Array.from({ length: count }, (_, i) => entry(`d/f${i}`)))
    const upper = tableOf(Array.from({ length: count }, (_, i) => entry(`d/.wh.f${i}`)))
    expect(listing(flatten([lower, upper]))).toEqual(['d/'])
  })

  it('repeats an opaque mark 200,000 times over a large directory', () => {
    const lower = tableOf(Array.from({ length: 100_000 }, (_, i) => entry(`d/f${i}`)))
    const upper = tableOf(
      Array.from({ length: 200_000 }, (_, i) => entry(i % 2 ? `d/n${i}` : 'd/.wh..wh..opq')),
    )
    expect([...flatten([lower, upper]).walk()]).toHaveLength(100_001)
  })

  it('marks every directory of a deep chain opaque, deepest first', () => {
    const depth = 1500
    const at = (n: number): string => Array.from({ length: n }, () => 'd').join('/')
    const chain = Array.from({ length: depth }, (_, i) => entry(`${at(i + 1)}/f`))
    const marks = Array.from({ length: depth }, (_, i) => entry(`${at(depth - i)}/.wh..wh..opq`))
    const tree = flatten([tableOf(chain), tableOf([...chain, ...marks, ...marks])])
    expect([...tree.walk()]).toHaveLength(depth * 2)
  })

  it('takes a directory of a million', () => {
    const table = tableOf(
      (function* () {
        for (let i = 0; i < 1_000_000; i++) yield entry(`d/${i}`)
      })(),
    )
    expect(flatten([table, table]).versionCount).toBe(2_000_002)
  })

  it('makes and hides the same tree in a thousand layers', () => {
    const make = tableOf(Array.from({ length: 500 }, (_, i) => entry(`d/f${i}`)))
    const hide = tableOf([entry('.wh.d')])
    const tree = flatten(Array.from({ length: 1000 }, (_, i) => (i % 2 ? hide : make)))
    expect([...tree.walk()]).toHaveLength(0)
    expect([...tree.walk(998)]).toHaveLength(501)
  })
})
