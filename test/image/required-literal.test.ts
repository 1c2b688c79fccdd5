import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requiredLiteral } from '../../main/image/required-literal.ts'

describe('requiredLiteral', () => {
  it.each([
    ['libssl', 'libssl'],
    ['etc/passwd', 'etc/passwd'],
    ['\\/etc\\/passwd$', '/etc/passwd'],
    ['^usr/(lib|lib64)/libc', '/libc'],
    ['\\.pem$', '.pem'],
    ['\\.(py|pl|rb)$', '.'],
    ['lib[a-z]+\\.so\\.\\d+', '.so.'],
    ['colou?r', 'colo'],
    ['ab+c', 'ab'],
    ['a{2}bcd', 'abcd'],
    ['(abc)+d', 'abc'],
    ['(abc)?d', 'd'],
    ['(?:ab|cd)', ''],
    ['a|b', ''],
    ['(?=.*secret)x', 'secret'],
    ['(?!secret)x', 'x'],
    ['(?<!secret)x', 'x'],
    ['[.]conf', '.conf'],
    ['[^.]conf', 'conf'],
    ['\\u{2e}pem', '.pem'],
    ['a\\nb', ''],
    ['\\x41BC', 'ABC'],
    ['éclair', 'clair'],
    ['\\d{4}-\\d{2}', '-'],
    ['', ''],
  ])('of %s is %s', (source, literal) => {
    expect(requiredLiteral(source, 'u')).toBe(literal)
  })

  it('takes a code point without the unicode flag for what it is: a repetition', () => {
    expect(requiredLiteral('x\\u{2}', '')).toBe('')
  })

  it('stands in everything that matches', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'ab',
      '.',
      '\\.',
      '[ab]',
      '[^a]',
      '\\d',
      '(a|b)',
      '(ab)',
      '(?:a)',
      '^',
      '$',
      '\\b',
    )
    const repeat = fc.constantFrom('', '', '', '*', '+', '?', '{0,2}', '{2}', '{1,}', '+?', '*?')
    const sequence = fc
      .array(fc.tuple(piece, repeat), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.map(([text, times]) => (/^[\^$\\]b?$/.test(text) ? text : text + times)).join(''))
    const source = fc.oneof(
      sequence,
      fc.tuple(sequence, sequence).map(([a, b]) => `x(${a}|${b})`),
      sequence.map((one) => `(?=${one})a`),
    )
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '1', '/', 'x'), maxLength: 12 })
    fc.assert(
      fc.property(source, text, (pattern, name) => {
        if (new RegExp(pattern, 'u').test(name)) expect(name).toContain(requiredLiteral(pattern, 'u'))
      }),
      { numRuns: 5000 },
    )
  })
})
