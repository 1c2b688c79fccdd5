import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { LineSearch, type LineQuery } from '../../main/image/line-search.ts'
import { withinLine } from '../../main/image/within-line.ts'

function asked(pattern: string, fields: Partial<LineQuery> = {}): LineQuery {
  return { pattern, isRegex: false, isCaseSensitive: true, isWholeWord: false, ...fields }
}

/** Each line that matches, as text with its match in brackets. */
function marked(text: string, query: LineQuery): string[] {
  const search = new LineSearch(query)
  const lines: string[] = []
  for (let match = search.next(text, 0); match; match = search.next(text, match.next)) {
    const { start, from, to, end } = match
    lines.push(`${text.slice(start, from)}[${text.slice(from, to)}]${text.slice(to, end)}`)
  }
  return lines
}

const regex = (pattern: string, fields: Partial<LineQuery> = {}): LineQuery =>
  asked(pattern, { isRegex: true, ...fields })

describe('lines of a text', () => {
  it('count once, with their first match', () => {
    expect(marked('one two one\nnone\nnothing\none', asked('one'))).toEqual([
      '[one] two one',
      'n[one]',
      '[one]',
    ])
    expect(marked('aXbX\nX', regex('[A-Z]'))).toEqual(['a[X]bX', '[X]'])
  })

  it('end before their break, whatever it is', () => {
    expect(marked('end\r\nend\n\r\nend', regex('end$'))).toEqual(['[end]', '[end]', '[end]'])
    expect(marked('a\r\nb\r\r\n', regex('\\r'))).toEqual(['b[\r]'])
    expect(marked('a\r\n', asked('a\r'))).toEqual([])
  })

  it('are not made up behind the last break', () => {
    expect(marked('a\n', regex('^'))).toEqual(['[]a'])
    expect(marked('a\n\n', regex('^$'))).toEqual(['[]'])
    expect(marked('', regex('^$'))).toEqual([])
    expect(marked('\n', regex('x*'))).toEqual(['[]'])
    expect(marked('a', regex('$'))).toEqual(['a[]'])
  })

  it('do not go on into the next', () => {
    expect(marked('a\nb a b', regex('a\\s*b'))).toEqual(['b [a b]'])
    expect(marked('a\nb', asked('a\nb'))).toEqual([])
    expect(marked('key: 1\nkey:\n2', regex('key:[^x]+'))).toEqual(['[key: 1]'])
    expect(marked('a\nb', regex('[\\s\\S]+'))).toEqual(['[a]', '[b]'])
  })

  it('are all that an expression sees, where it looks around, too', () => {
    expect(marked('foo\nbar\nfoo bar', regex('foo(?!\\s)'))).toEqual(['[foo]'])
    expect(marked('foo\nbar', regex('foo(?=\\nbar)'))).toEqual([])
    expect(marked('foo\nbar', regex('(?<=\\n)bar'))).toEqual([])
    expect(marked('a b', regex('a(?-m:\\s)b'))).toEqual(['[a b]'])
  })

  it('take other line separators as characters', () => {
    expect(marked('a\u2028b\nb', regex('^b'))).toEqual(['[b]'])
    expect(marked('a\rb', regex('a$'))).toEqual([])
  })

  it('are found whatever their case', () => {
    expect(marked('PaSS\nÄrger\nnix', asked('pass', { isCaseSensitive: false }))).toEqual(['[PaSS]'])
    expect(marked('ÄRGER', asked('ärger', { isCaseSensitive: false }))).toEqual(['[ÄRGER]'])
    expect(marked('a.b\naxb', asked('A.B', { isCaseSensitive: false }))).toEqual(['[a.b]'])
  })

  it('are found by whole words', () => {
    const word = { isWholeWord: true }
    expect(marked('keys\nkey\nmonkey key\nkey_1\nékey\nkey-1', asked('key', word))).toEqual([
      '[key]',
      'monkey [key]',
      '[key]-1',
    ])
    expect(marked('ab abc', regex('ab|abc', word))).toEqual(['[ab] abc'])
    expect(marked('xab abc', regex('ab|abc', word))).toEqual(['xab [abc]'])
    // Valid only without Unicode mode.
    expect(marked('ékey\n-key', regex('\\key', word))).toEqual(['-[key]'])
  })
})

it('refuses an expression that is none', () => {
  expect(() => new LineSearch(regex('('))).toThrow(expect.objectContaining({ code: 'usage' }))
})

it('does not try a whole text from each of its characters', () => {
  const text = 'x\n'.repeat(500_000)
  for (const pattern of ['[^:]+:', '\\W+y', '\\D+5', '[\\sx]+y', '[\\s\\S]*y']) {
    const started = performance.now()
    expect(marked(text, regex(pattern))).toEqual([])
    expect(performance.now() - started, pattern).toBeLessThan(2000)
  }
})

it('knows what cannot be kept within a line', () => {
  expect(withinLine('a[^b]\\s\\[[\\s]')).toBe('a[^\\nb][^\\S\\n]\\[(?:(?!\\n)[\\s])')
  expect(withinLine('(?:a)(?<n>b)')).toBe('(?:a)(?<n>b)')
  for (const pattern of ['(?=a)', '(?!a)', '(?<=a)', '(?<!a)', '(?i:a)', '(?-m:a)'])
    expect(withinLine(pattern)).toBeUndefined()
})

const character = fc.constantFrom('a', 'b', 'B', '_', ' ', ':', 'é', '\r', '\u2028', '😀')
const text = fc
  .array(fc.string({ unit: fc.oneof(character, fc.constantFrom('abB', '_ab')), maxLength: 8 }), {
    maxLength: 8,
  })
  .map((lines) => lines.join('\n'))
const atom = fc.constantFrom(
  'abB',
  '_ab',

  'a',
  'b',
  'B',
  '.',
  '\\s',
  '\\S',
  '\\w',
  '\\W',
  '\\b',
  '[^a]',
  '[ab]',
  '[\\s:]',
  'é',
  '^',
  '$',
  '\\n',
  '(?=a)',
  '(?!b)',
  '(?<!a)',
  '\\p{L}',
  '(?:ab)',
)
const expression = fc
  .array(fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?')), { minLength: 1, maxLength: 4 })
  .map((parts) =>
    parts.map(([part, times]) => (/^(?:\\b|\^|\$|\(\?[=!<].*)$/.test(part) ? part : part + times)).join(''),
  )

/** Line by line, each by itself. */
function naively(whole: string, { pattern, isRegex, isCaseSensitive, isWholeWord }: LineQuery): string[] {
  const source = isRegex
    ? pattern
    : pattern.replace(/[^\w\s]/gu, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`)
  const word = '[\\p{L}\\p{N}_]'
  const tested = new RegExp(
    isWholeWord ? `(?<!${word})(?:${source})(?!${word})` : source,
    isCaseSensitive ? 'u' : 'iu',
  )
  const lines = whole.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.flatMap((broken) => {
    const line = broken.replace(/\r$/, '')
    const match = tested.exec(line)
    if (!match) return []
    const end = match.index + match[0].length
    return [`${line.slice(0, match.index)}[${match[0]}]${line.slice(end)}`]
  })
}

const flags = fc.record({ isCaseSensitive: fc.boolean(), isWholeWord: fc.boolean() })

test('a text is searched as its lines would be, one by one', () => {
  fc.assert(
    fc.property(text, expression, flags, (whole, pattern, fields) => {
      const query = regex(pattern, fields)
      expect(marked(whole, query)).toEqual(naively(whole, query))
    }),
    { numRuns: 5000 },
  )
  fc.assert(
    fc.property(
      text,
      fc.string({ unit: character, minLength: 1, maxLength: 3 }),
      flags,
      (whole, pattern, fields) => {
        const query = asked(pattern, fields)
        expect(marked(whole, query)).toEqual(naively(whole, query))
      },
    ),
    { numRuns: 3000 },
  )
})
