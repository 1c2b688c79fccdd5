import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globToRegExp, hasWildcard } from '../../shared/glob.ts'

/** What CPython's fnmatch says of each pattern and name, asked in one process. */
function fnmatch(cases: readonly (readonly [pattern: string, name: string])[]): boolean[] {
  const program =
    'import fnmatch, json, sys\nprint(json.dumps([fnmatch.fnmatchcase(n, p) for p, n in json.load(sys.stdin)]))'
  return JSON.parse(
    execFileSync('python3', ['-c', program], { input: JSON.stringify(cases), encoding: 'utf8' }),
  ) as boolean[]
}

const WRITTEN: [string, string][] = [
  ['*.conf', 'etc/nginx/nginx.conf'],
  ['etc/*', 'etc/a/b'],
  ['?', 'é'],
  ['?', '😀'],
  ['[!a]', 'b'],
  ['[!a]', 'a'],
  ['[]]', ']'],
  ['[]', '[]'],
  ['[!]', '[!]'],
  ['[!]]', ']'],
  ['[^a]', '^'],
  ['[a-c]', 'b'],
  ['[c-a]', 'b'],
  ['[!c-a]', 'b'],
  ['[a-]', '-'],
  ['[-a]', '-'],
  ['[--0]', '.'],
  ['[a-c-e]', '-'],
  ['[\\]', '\\'],
  ['a\\*', 'a\\b'],
  ['[', '['],
  ['', ''],
  ['*', ''],
  ['**', 'a/b'],
  ['a{1}', 'a{1}'],
  ['(a|b)', '(a|b)'],
  ['a.c', 'abc'],
  ['*\n*', 'a\nb'],
  ['[&&x]', '&'],
]

describe('globToRegExp', () => {
  it('answers what fnmatch answers', () => {
    const drawn = fc.sample(
      fc.tuple(
        fc.string({ unit: fc.constantFrom(...Array.from('**??[]!-^ab/.é\\')), maxLength: 8 }),
        fc.string({ unit: fc.constantFrom(...Array.from('ab/.-]^!é\\')), maxLength: 6 }),
      ),
      { numRuns: 2000, seed: 20261123 },
    )
    const cases = [...WRITTEN, ...drawn]
    const expected = fnmatch(cases)
    expect(expected).toContain(true)
    const wrong = cases.filter(([pattern, name], i) => globToRegExp(pattern).test(name) !== expected[i])
    expect(wrong).toEqual([])
  })

  it('does not backtrack into what lies between stars', () => {
    const pattern = `${'*a'.repeat(60)}*b`
    expect(globToRegExp(pattern).test('a'.repeat(4000))).toBe(false)
    expect(globToRegExp(pattern).test(`${'a'.repeat(4000)}b`)).toBe(true)
  })

  it('folds case where asked', () => {
    expect(globToRegExp('READ*', 'i').test('readme')).toBe(true)
    expect(globToRegExp('READ*').test('readme')).toBe(false)
  })

  it('knows a wildcard', () => {
    expect(['a*', 'a?', '[ab]', 'a[', '[]', 'plain'].map(hasWildcard)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
