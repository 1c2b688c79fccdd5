import { describe, expect, it } from 'vitest'
import type { TarEntry } from '../../../main/image/element.ts'
import { flatten } from '../../../main/image/flatten.ts'
import { ForeignLinks } from '../../../main/outputs/mounts/foreign-links.ts'
import { layerPart } from '../../../main/outputs/mounts/layer-part.ts'
import { directory, entry, hardLink, symlink, tableOf } from '../../support/entries.ts'

/** What the folder of the last of these layers holds. */
function lastOf(...layers: readonly TarEntry[][]) {
  const tree = flatten(layers.map((layer) => tableOf(layer)))
  const { nodes, ...part } = layerPart(tree, layers.length - 1, new ForeignLinks(tree))
  return { ...part, paths: [...nodes].map((node) => tree.nodes.path(node)).filter((path) => path !== '') }
}

const base = [directory('a'), entry('a/old'), directory('a/b'), symlink('to-a', 'a')]

describe('the folder of a layer', () => {
  it('is the same in every image where each parent is described and each deleted name has its directory below', () => {
    const layer = [directory('a'), entry('a/new'), entry('a/.wh.old'), hardLink('a/also', 'a/new')]
    const expected = {
      isIndependent: true,
      paths: ['a', 'a/new', 'a/also'],
      whiteouts: ['a/old'],
      opaque: [],
    }
    expect(lastOf(base, layer)).toMatchObject(expected)
    expect(lastOf([directory('a'), entry('a/other'), entry('a/old')], layer)).toMatchObject({
      ...expected,
      paths: expect.arrayContaining(expected.paths) as unknown,
    })
  })

  it.each([
    ['a parent that it does not describe', [entry('a/new')]],
    ['a parent that it describes too late', [entry('a/new'), directory('a')]],
    ['a parent that is a link below', [entry('to-a/new')]],
    ['a hard link to a file below', [directory('a'), hardLink('a/also', 'a/old')]],
    ['a whiteout whose directory it does not describe', [entry('a/.wh.old')]],
    ['a whiteout of what was never there', [directory('c'), entry('c/.wh.old')]],
    ['an entry in place of another of its own', [entry('x'), directory('x')]],
  ])('depends on what lies below with %s', (_, layer) => {
    expect(lastOf(base, layer).isIndependent).toBe(false)
  })

  it('has what lies below a link where the link leads', () => {
    expect(lastOf(base, [entry('to-a/new'), entry('to-a/.wh.old')])).toMatchObject({
      paths: ['a', 'a/new'],
      whiteouts: ['a/old'],
    })
  })

  it.each([
    ['a mark', [directory('a'), entry('a/.wh..wh..opq'), entry('a/new')]],
    ['a mark in a directory it does not describe', [entry('a/.wh..wh..opq'), entry('a/new')]],
    ['a whiteout beside a new directory', [entry('.wh.a'), directory('a'), entry('a/new')]],
    ['a file that a directory took the place of', [entry('a'), directory('a'), entry('a/new')]],
  ])('hides what lies below in a directory by %s', (_, layer) => {
    expect(lastOf(base, layer)).toMatchObject({ opaque: ['a'], whiteouts: [], paths: ['a', 'a/new'] })
  })

  it('leaves out whiteouts where nothing lies below: they would be seen', () => {
    const layer = [
      directory('a'),
      entry('a/.wh..wh..opq'),
      entry('a/.wh.old'),
      directory('c'),
      entry('c/.wh.x'),
    ]
    expect(lastOf(base, layer)).toMatchObject({ whiteouts: [], paths: ['a', 'c'] })
  })

  it('has all names of a file that it gives another one, so that they stay one file', () => {
    const first = [directory('a'), entry('a/one', { size: 1 }), hardLink('a/two', 'a/one'), entry('a/three')]
    const { paths, whiteouts } = lastOf(first, [hardLink('four', 'a/one'), entry('a/.wh.two')])
    expect(paths.toSorted()).toEqual(['a', 'a/one', 'four'])
    expect(whiteouts).toEqual(['a/two'])
  })

  it('has nothing of what the layer itself took back', () => {
    expect(lastOf(base, [entry('x'), directory('y'), entry('y/in'), entry('y')])).toMatchObject({
      paths: ['x', 'y'],
      opaque: [],
    })
  })

  it('leaves devices 0:0 out, and hides what lies below them', () => {
    const device = entry('a/old', { type: 'char', device: { major: 0, minor: 0 } })
    expect(lastOf(base, [directory('a'), device])).toMatchObject({
      isIndependent: false,
      paths: ['a'],
      whiteouts: ['a/old'],
      unshown: ['a/old'],
    })
  })
})
