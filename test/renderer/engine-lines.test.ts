import { describe, expect, test } from 'vitest'
import {
  imageLines,
  isLineSort,
  lineTitle,
  matchingLines,
  newestFirst,
  sortedLines,
  totalsOf,
} from '../../renderer/engines/image-lines.ts'
import { digestOf, engineImage } from '../support/fake-client.ts'

const images = [
  engineImage({ id: digestOf('a'), references: ['debian:12', 'debian:bookworm'], created: 3, size: 10 }),
  engineImage({
    id: digestOf('b'),
    references: ['registry.example:5000/team/app:1.10'],
    created: 2,
    size: 30,
  }),
  engineImage({ id: digestOf('c'), references: ['<none>:<none>'], created: 1, size: 5, platform: null }),
  engineImage({
    id: digestOf('d'),
    references: ['registry.example:5000/team/app:1.9'],
    created: 4,
    size: 20,
  }),
]
const titles = (lines: ReturnType<typeof imageLines>): string[] => lines.map(lineTitle)

test('a line for each name; a port is no tag; what has no name is named by its ID', () => {
  const lines = imageLines(images)
  expect(lines.map(({ name, tag }) => [name, tag])).toEqual([
    ['debian', '12'],
    ['debian', 'bookworm'],
    ['registry.example:5000/team/app', '1.10'],
    [null, null],
    ['registry.example:5000/team/app', '1.9'],
  ])
  expect(lines.map(({ image }) => image)).toEqual([
    'debian:12',
    'debian:bookworm',
    'registry.example:5000/team/app:1.10',
    digestOf('c'),
    'registry.example:5000/team/app:1.9',
  ])
})

test('a name by digest has no tag, and Docker Hub goes without saying', () => {
  const [line] = imageLines([
    engineImage({ id: digestOf('a'), references: [`docker.io/library/debian@${digestOf('e')}`] }),
  ])
  expect([line?.name, line?.tag]).toEqual(['debian', null])
})

describe('sorted', () => {
  const lines = imageLines(images)
  test('newest first at the start', () => {
    expect(sortedLines(lines, newestFirst).map(({ created }) => created)).toEqual([4, 3, 3, 2, 1])
  })
  test('tags by their numbers, and what has none last either way', () => {
    const by = (isDescending: boolean): (string | null)[] =>
      sortedLines(lines, { by: 'tag', isDescending }).map(({ tag }) => tag)
    expect(by(false)).toEqual(['1.9', '1.10', '12', 'bookworm', null])
    expect(by(true)).toEqual(['bookworm', '12', '1.10', '1.9', null])
  })
  test('by size', () => {
    expect(sortedLines(lines, { by: 'size', isDescending: true }).map(({ size }) => size)).toEqual([
      30, 20, 10, 10, 5,
    ])
  })
})

test.each([
  ['', 5],
  ['DEB', 2],
  ['app 1.1', 1],
  ['debian:book', 1],
  ['cccccccc', 1],
  ['<none>', 1],
  ['nowhere', 0],
])('“%s” leaves %i lines', (filter, count) => {
  expect(titles(matchingLines(imageLines(images), filter))).toHaveLength(count)
})

test('an image with two names counts once', () => {
  expect(totalsOf(images)).toEqual({ count: 4, bytes: 65 })
})

test('what a name hides is shown', () => {
  const [line] = imageLines([engineImage({ id: digestOf('a'), references: ['evil\u202e:1'] })])
  expect(line && lineTitle(line)).toBe('evil\\u{202e}:1')
})

test.each([null, {}, { by: 'colour', isDescending: true }, { by: 'size', isDescending: 1 }])(
  '%j is no sort order',
  (value) => {
    expect(isLineSort(value)).toBe(false)
  },
)
