import { describe, expect, test } from 'vitest'
import { hitGroups } from '../../renderer/search/hit-groups.ts'
import { matchRanges, regexProblem } from '../../renderer/search/match-ranges.ts'
import type { SearchQuery } from '../../shared/query.ts'

describe('hits by layer', () => {
  const lines = (groups: ReturnType<typeof hitGroups>) =>
    Array.from({ length: groups.total }, (_, at) => {
      const line = groups.lineAt(at)
      return line?.kind === 'group' ? `layer ${line.layer}: ${line.count}` : line?.hit
    })

  test('stand under the head of their layer', () => {
    expect(lines(hitGroups([2, 0, 1], [], new Set()))).toEqual(['layer 0: 2', 0, 1, 'layer 2: 1', 2])
  })

  test('of a collapsed layer are left out, but keep their numbers', () => {
    const groups = hitGroups([2, 0, 1], [], new Set([0]))
    expect(lines(groups)).toEqual(['layer 0: 2', 'layer 2: 1', 2])
  })

  test('of chosen layers only are numbered as the engine numbers them: among themselves', () => {
    const groups = hitGroups([2, 0, 1], [2], new Set())
    expect(lines(groups)).toEqual(['layer 2: 1', 0])
    expect(groups.layers).toBe(1)
  })

  test('there is no line beyond the last', () => {
    const groups = hitGroups([1], [], new Set())
    expect(groups.lineAt(2)).toBeUndefined()
    expect(groups.lineAt(-1)).toBeUndefined()
    expect(hitGroups([], [], new Set()).lineAt(0)).toBeUndefined()
  })
})

describe('the mark in a path', () => {
  const query = (pattern: string, part: Partial<SearchQuery> = {}): SearchQuery => ({
    pattern,
    isRegex: false,
    isCaseSensitive: false,
    isWholeName: false,
    ...part,
  })
  const marked = (text: string, wanted: SearchQuery): string => {
    let out = ''
    let at = 0
    for (const [from, to] of matchRanges(text, wanted)) {
      out += `${text.slice(at, from)}[${text.slice(from, to)}]`
      at = to
    }
    return out + text.slice(at)
  }

  test.each([
    ['a name before a directory', 'etc/my-etc/etc.conf', query('etc'), 'etc/my-etc/[etc].conf'],
    ['a path that spans directories', 'usr/lib/ssl/a.pem', query('ssl/'), 'usr/lib/[ssl/]a.pem'],
    ['the literal pieces of a glob', 'lib/libssl.so.3', query('lib*.so*'), 'lib/[lib]ssl[.so].3'],
    ['in any case', 'README', query('read'), '[READ]ME'],
    ['what a regular expression matched', 'a/b1.txt', query('b\\d', { isRegex: true }), 'a/[b1].txt'],
  ])('is on %s', (_, text, wanted, expected) => {
    expect(marked(text, wanted)).toBe(expected)
  })

  test('is missing rather than wrong', () => {
    expect(marked('README', query('read', { isCaseSensitive: true }))).toBe('README')
    expect(marked('abc', query('x*', { isRegex: true }))).toBe('abc')
    expect(marked('abc', query('(', { isRegex: true }))).toBe('abc')
    expect(marked('İx', query('x'))).toBe('İx')
    expect(marked(`${'a/'.repeat(600)}x`, query('x'))).not.toContain('[')
  })
})

test('a regular expression that is none is explained without its own text', () => {
  const problem = (pattern: string, isRegex = true) =>
    regexProblem({ pattern, isRegex, isCaseSensitive: true, isWholeName: false })
  expect(problem('(.*')).toBe('Unterminated group')
  expect(problem('a/[')).toBe('Unterminated character class')
  expect(problem('a+')).toBeUndefined()
  expect(problem('(.*', false)).toBeUndefined()
})
