import { describe, expect, test } from 'vitest'
import { matchRanges, regexProblem } from '../../renderer/search/match-ranges.ts'
import type { SearchQuery } from '../../shared/query.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'

describe('the mark in a path', () => {
  const query = (pattern: string, part: Partial<SearchQuery> = {}): SearchQuery => ({
    pattern,
    isRegex: false,
    isCaseSensitive: false,
    isWholeName: false,
    filter: NO_FILTER,
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
  const problem = (pattern: string, isRegex = true) => regexProblem({ pattern, isRegex })
  expect(problem('(.*')).toBe('Unterminated group')
  expect(problem('a/[')).toBe('Unterminated character class')
  expect(problem('a+')).toBeUndefined()
  expect(problem('(.*', false)).toBeUndefined()
})
