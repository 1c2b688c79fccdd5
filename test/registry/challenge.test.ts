import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenges } from '../../main/registry/challenge.ts'

/** As plain values, to compare. */
function read(field: string): { scheme: string; parameters: Record<string, string> }[] {
  return parseChallenges(field).map(({ scheme, parameters }) => ({
    scheme,
    parameters: Object.fromEntries(parameters),
  }))
}

const bearer = (parameters: Record<string, string>) => [{ scheme: 'bearer', parameters }]

test.each<[name: string, field: string, expected: Record<string, string>]>([
  [
    'as the specification has it',
    'Bearer realm="https://auth.example.org/token",service="registry",scope="repository:a/b:pull,push"',
    { realm: 'https://auth.example.org/token', service: 'registry', scope: 'repository:a/b:pull,push' },
  ],
  ['in any order', 'Bearer service="s",realm="r"', { service: 's', realm: 'r' }],
  ['in any case', 'BEARER Realm="R",SERVICE="s"', { realm: 'R', service: 's' }],
  ['with blanks', 'Bearer  realm = "r" ,\tservice= "s"', { realm: 'r', service: 's' }],
  [
    'without quotes',
    'Bearer realm=https://auth.example.org/t?a=b,service=s',
    {
      realm: 'https://auth.example.org/t?a=b',
      service: 's',
    },
  ],
  ['with a quote that never ends', 'Bearer realm="r", scope="a,b', { realm: 'r', scope: 'a,b' }],
  ['with escapes in quotes', String.raw`Bearer realm="a\"b\\c"`, { realm: String.raw`a"b\c` }],
  ['with nothing in quotes', 'Bearer realm="",service="s"', { realm: '', service: 's' }],
  ['with commas left over', ',, Bearer realm="r",,service="s",', { realm: 'r', service: 's' }],
  ['given twice, of which the first counts', 'Bearer realm="r",realm="evil"', { realm: 'r' }],
])('reads parameters %s', (_, field, expected) => {
  expect(read(field)).toEqual(bearer(expected))
})

test('reads several challenges of one field, in their order', () => {
  expect(read('Negotiate, Bearer realm="r", service="s", Basic realm="b"')).toEqual([
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'bearer', parameters: { realm: 'r', service: 's' } },
    { scheme: 'basic', parameters: { realm: 'b' } },
  ])
  expect(read('Basic, Bearer realm="a, Basic realm=b"')).toEqual([
    { scheme: 'basic', parameters: {} },
    { scheme: 'bearer', parameters: { realm: 'a, Basic realm=b' } },
  ])
})

test('passes over a token68', () => {
  expect(read('Negotiate YIIJ/vQ+==, Bearer realm="r"')).toEqual([
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'bearer', parameters: { realm: 'r' } },
  ])
})

test('a scope without quotes, which has commas of its own, hides nothing that follows', () => {
  expect(read('Bearer realm=r,scope=repository:a:pull,push,service=s')).toEqual(
    bearer({ realm: 'r', scope: 'repository:a:pull,push', service: 's' }),
  )
})

test('reads nothing from nothing', () => {
  for (const field of ['', ' ', ',', '=', '"']) expect(read(field)).toEqual([])
})

test('takes any text without failing, and in time', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'Bearer',
      'Basic',
      ' ',
      '\t',
      ',',
      '=',
      '"',
      '\\',
      'realm',
      'realm="r"',
      'abc==',
      '\u0000',
    ),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      for (const { scheme, parameters } of parseChallenges(pieces.join(''))) {
        expect(scheme).toMatch(/^[^\s,"=]+$/)
        for (const name of parameters.keys()) expect(name).toMatch(/^[^\s,"=]+$/)
      }
    }),
    { numRuns: 2000 },
  )
})

test('finds again what was written, whatever is in the quotes', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
  const parameters = fc.dictionary(token, fc.string(), { minKeys: 1, maxKeys: 4, noNullPrototype: true })
  const challenge = fc.record({ scheme: token, parameters })
  fc.assert(
    fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), (challenges) => {
      const field = challenges.map(({ scheme, parameters }) => {
        const pairs = Object.entries(parameters).map(
          ([name, value]) => `${name}="${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
        )
        return `${scheme} ${pairs.join(', ')}`
      })
      expect(read(field.join(', '))).toEqual(challenges)
    }),
  )
})

test('a field of 16 KiB takes no longer than its length', () => {
  const LONG = 16 * 1024
  for (const unit of ['a', 'a ', '=', ' ', '"', '\\', 'a=', 'a="', 'a==', ',a', '\t,'])
    expect(parseChallenges(unit.repeat(LONG / unit.length)).length).toBeLessThanOrEqual(LONG)
})
