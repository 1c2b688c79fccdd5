import { expect, it } from 'vitest'
import { pathHistory } from '../../main/engine/path-history.ts'
import type { TarEntry } from '../../main/image/element.ts'
import { flatten } from '../../main/image/flatten.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { directory, entry, symlink, tableOf } from '../support/entries.ts'

/** Each version as a line. */
function history(path: string, ...layers: readonly (readonly TarEntry[])[]): string[] {
  const tree = flatten(layers.map((layer) => tableOf(layer)))
  const info = { layers: layers.map((_, i) => ({ createdBy: `RUN ${i}` })) } as unknown as ImageInfo
  return pathHistory(tree, info, path).map(
    ({ layer, change, size, by, createdBy }) => `${layer} ${change} ${size ?? `by ${by}`} (${createdBy})`,
  )
}

it('tells a life from layer to layer', () => {
  expect(
    history(
      'etc/a',
      [entry('etc/a', { size: 1 })],
      [entry('etc/a', { size: 2 })],
      [entry('other')],
      [entry('etc/.wh.a')],
      [entry('etc/a', { size: 3 })],
    ),
  ).toEqual([
    '0 added 1 (RUN 0)',
    '1 modified 2 (RUN 1)',
    '3 deleted by etc/.wh.a (RUN 3)',
    '4 added 3 (RUN 4)',
  ])
})

it('names the whiteout that did it, of the path or of a directory above', () => {
  const base = [entry('a/b/c', { size: 1 })]
  expect(history('a/b/c', base, [entry('.wh.a')]).at(-1)).toBe('1 deleted by .wh.a (RUN 1)')
  expect(history('a/b/c', base, [entry('a/.wh..wh..opq')]).at(-1)).toBe('1 deleted by a/.wh..wh..opq (RUN 1)')
  expect(history('a/b/c', base, [entry('a/b', { size: 2 })]).at(-1)).toBe('1 deleted by a/b (RUN 1)')
})

it('takes hidden and made again in one layer as a change', () => {
  expect(history('a', [entry('a', { size: 1 })], [entry('.wh.a'), entry('a', { size: 2 })])).toEqual([
    '0 added 1 (RUN 0)',
    '1 modified 2 (RUN 1)',
  ])
})

it('leaves out what its own layer replaced, and directories of which only the time changed', () => {
  expect(history('a', [entry('a', { size: 1 }), entry('a', { size: 2 })])).toEqual(['0 added 2 (RUN 0)'])
  expect(
    history('d', [directory('d')], [directory('d', { mtime: 4 })], [directory('d', { uid: 1 })]),
  ).toEqual(['0 added 0 (RUN 0)', '2 modified 0 (RUN 2)'])
})

it('finds a path that leads through a link', () => {
  expect(history('bin/sh', [entry('usr/bin/sh', { size: 4 }), symlink('bin', 'usr/bin')])).toEqual([
    '0 added 4 (RUN 0)',
  ])
})

it('is empty for what never was', () => {
  expect(history('nothing', [entry('a')])).toEqual([])
})
