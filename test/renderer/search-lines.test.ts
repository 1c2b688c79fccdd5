import { describe, expect, test } from 'vitest'
import {
  dismissedOf,
  leftOf,
  NONE_DISMISSED,
  withHits,
  withSection,
} from '../../renderer/search/dismissed.ts'
import { fileLines } from '../../renderer/search/file-lines.ts'
import { folderLines } from '../../renderer/search/folder-lines.ts'
import type { Hit } from '../../renderer/search/found.ts'
import { headOf, hitsAmong, nextHit, type ResultLines } from '../../renderer/search/result-lines.ts'
import { sectionLines } from '../../renderer/search/section-lines.ts'
import { digestOf } from '../support/fake-client.ts'

const sections = [
  { key: '0', count: 3 },
  { key: '2', count: 2 },
]

function drawn(lines: ResultLines): string[] {
  return Array.from({ length: lines.total }, (_, at) => {
    const line = lines.lineAt(at)
    if (line?.kind === 'section') return `${line.section}: ${line.count}`
    if (line?.kind === 'rest') return `  and ${line.count} more`
    if (line?.kind === 'folder' || line?.kind === 'file')
      return `${'  '.repeat(line.level - 1)}${line.name}: ${line.count}`
    return line ? `${'  '.repeat(line.level - 1)}${line.hit}` : ''
  })
}

describe('lines by section', () => {
  test('stand under their head, numbered through', () => {
    expect(drawn(sectionLines(sections, new Set(), NONE_DISMISSED))).toEqual([
      '0: 3',
      '  0',
      '  1',
      '  2',
      '2: 2',
      '  3',
      '  4',
    ])
  })

  test('of a folded head are left out, but keep their numbers', () => {
    expect(drawn(sectionLines(sections, new Set(['section 0']), NONE_DISMISSED))).toEqual([
      '0: 3',
      '2: 2',
      '  3',
      '  4',
    ])
  })

  test('that were dismissed are gone, and counts follow', () => {
    const one = withHits(NONE_DISMISSED, [
      { section: '0', index: 0 },
      { section: '0', index: 1 },
    ])
    expect(drawn(sectionLines(sections, new Set(), one))).toEqual(['0: 1', '  2', '2: 2', '  3', '  4'])
    const both = withSection(one, '2')
    expect(drawn(sectionLines(sections, new Set(), both))).toEqual(['0: 1', '  2'])
    expect(leftOf(sections, both)).toEqual({ hits: 1, sections: 1 })
    expect(dismissedOf(both, 'another question')).toEqual({ of: 'another question', sections: [], hits: {} })
  })

  test('are walked hit by hit', () => {
    const lines = sectionLines(sections, new Set(), NONE_DISMISSED)
    expect(nextHit(lines, -1, 1)).toBe(1)
    expect(nextHit(lines, 3, 1)).toBe(5)
    expect(nextHit(lines, 5, -1)).toBe(3)
    expect(nextHit(lines, 6, 1)).toBeUndefined()
    expect(headOf(lines, 5)).toBe(4)
    expect(headOf(lines, 4)).toBeUndefined()
    expect(hitsAmong(lines, [{ index: 2 }, { index: 4 }, { index: 5 }])).toEqual([1, 3])
  })

  test('there is none beyond the last', () => {
    const lines = sectionLines(sections, new Set(), NONE_DISMISSED)
    expect(lines.lineAt(7)).toBeUndefined()
    expect(lines.lineAt(-1)).toBeUndefined()
    expect(sectionLines([], new Set(), NONE_DISMISSED).total).toBe(0)
  })
})

const hit = (path: string, layerIndex: number, line?: number): Hit => ({
  diffID: digestOf('1'),
  layerIndex,
  path,
  type: 'file',
  size: 1,
  state: 'present',
  ...(line === undefined ? {} : { line, column: 1, text: 'x', from: 0, to: 1 }),
})

describe('lines by folder', () => {
  const hits = [
    hit('usr/lib/a', 0),
    hit('usr/lib/x/b', 0),
    hit('top', 0),
    hit('usr/lib/a', 2),
    hit('etc/c', 2),
  ]

  test('stand in their folders, those with one folder alone on one line', () => {
    expect(drawn(folderLines(hits, new Set(), NONE_DISMISSED))).toEqual([
      'etc: 1',
      '  4',
      'usr/lib: 3',
      '  x: 1',
      '    1',
      '  0',
      '  3',
      '2',
    ])
  })

  test('can be folded and dismissed with all that is below', () => {
    const folded = folderLines(hits, new Set(['folder usr/lib']), NONE_DISMISSED)
    expect(drawn(folded)).toEqual(['etc: 1', '  4', 'usr/lib: 3', '2'])
    const gone = withHits(NONE_DISMISSED, folded.placesBelow(2))
    expect(drawn(folderLines(hits, new Set(), gone))).toEqual(['etc: 1', '  4', '2'])
  })

  test('of a file stand below it, of two layers apart', () => {
    const found = [hit('etc/c', 0, 1), hit('etc/c', 0, 7), hit('etc/c', 2, 7)]
    const lines = folderLines(found, new Set(), NONE_DISMISSED)
    expect(drawn(lines)).toEqual(['etc: 3', '  c: 2', '    0', '    1', '  c: 1', '    2'])
  })
})

describe('lines by file', () => {
  const found = [hit('etc/c', 0, 1), hit('etc/c', 0, 7), hit('a', 0, 2), hit('etc/c', 2, 7)]
  const counts = [
    { key: '0', count: 3 },
    { key: '2', count: 1 },
  ]
  const all = ['0: 3', '  etc/c: 2', '    0', '    1', '  a: 1', '    2', '2: 1', '  etc/c: 1', '    3']

  test('stand below it, in the order they were found in, of two layers apart', () => {
    const lines = fileLines(found, counts, new Set(), NONE_DISMISSED)
    expect(drawn(lines)).toEqual(all)
    expect(nextHit(lines, 3, 1)).toBe(5)
    expect(headOf(lines, 5)).toBe(4)
    expect(headOf(lines, 4)).toBe(0)
  })

  test('fold with their file or their layer; heads below a folded one can be folded, too', () => {
    const lines = fileLines(found, counts, new Set(['file 0/etc/c', 'section 2']), NONE_DISMISSED)
    expect(drawn(lines)).toEqual(['0: 3', '  etc/c: 2', '  a: 1', '    2', '2: 1'])
    expect(lines.heads).toEqual(['section 0', 'file 0/etc/c', 'file 0/a', 'section 2', 'file 2/etc/c'])
    const none = fileLines(found, counts, new Set(lines.heads), NONE_DISMISSED)
    expect(drawn(none)).toEqual(['0: 3', '2: 1'])
  })

  test('go with their file, and a layer goes with its last', () => {
    const lines = fileLines(found, counts, new Set(), NONE_DISMISSED)
    const one = withHits(NONE_DISMISSED, lines.placesBelow(1))
    expect(drawn(fileLines(found, counts, new Set(), one)).slice(0, 4)).toEqual([
      '0: 1',
      '  a: 1',
      '    2',
      '2: 1',
    ])
    const layer = withHits(one, lines.placesBelow(7))
    expect(drawn(fileLines(found, counts, new Set(), layer))).toEqual(['0: 1', '  a: 1', '    2'])
    expect(drawn(fileLines(found, counts, new Set(), withSection(NONE_DISMISSED, '0')))).toEqual([
      '2: 1',
      '  etc/c: 1',
      '    3',
    ])
  })

  test('that were not fetched are counted at the end of their layer', () => {
    const more = [...counts.slice(0, 1), { key: '2', count: 5 }, { key: '3', count: 4 }]
    expect(drawn(fileLines(found, more, new Set(), NONE_DISMISSED)).slice(6)).toEqual([
      '2: 5',
      '  etc/c: 1',
      '    3',
      '  and 4 more',
      '3: 4',
      '  and 4 more',
    ])
  })
})
