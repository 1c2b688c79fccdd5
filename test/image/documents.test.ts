import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DOCUMENT_LIMIT, parseDocument, parseJson } from '../../main/image/documents.ts'

const what = 'The manifest'
const parse = (text: string) => parseJson(Buffer.from(text), what)

describe('within bounds', () => {
  test('4 MiB are read, a byte more is not', () => {
    const text = `"${'x'.repeat(DOCUMENT_LIMIT - 2)}"`
    expect(parse(text)).toHaveLength(DOCUMENT_LIMIT - 2)
    expect(() => parse(`${text} `)).toThrow('The manifest is larger than any such document')
  })

  test('64 levels are read, a hundred thousand are not', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(parse(nested(64))).toBeDefined()
    expect(() => parse(nested(65))).toThrow('nests more than 64 levels deep')
    expect(() => parse(nested(100_000))).toThrow('nests more than 64 levels deep')
    expect(() => parse('{"a":'.repeat(100_000))).toThrow('nests more than 64 levels deep')
  })

  test('brackets in strings are no levels', () => {
    expect(parse(`"${'['.repeat(1000)}"`)).toHaveLength(1000)
    expect(parse(`["\\"${'['.repeat(1000)}", "\\\\"]`)).toHaveLength(2)
  })
})

describe('prototypes', () => {
  test.each([
    '{"__proto__": {"a": 1}, "b": 2}',
    '{"\\u005f_proto__": {"a": 1}, "b": 2}',
    '{"__prot\\u006f__": {"a": 1}, "b": 2}',
    '{"__pro\\u0074o__": {"a": 1}, "b": 2}',
    '{"\\u005F\\u005F\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f": {"a": 1}, "b": 2}',
  ])('%s has none of the image’s choice', (text) => {
    const value = parse(text) as object
    expect(Object.keys(value)).toEqual(['b'])
    expect(Object.getPrototypeOf({ ...value })).toBe(Object.prototype)
    expect(Object.keys(parseDocument(Buffer.from(text), z.looseObject({}), what))).toEqual(['b'])
  })
})

describe('what is wrong is said', () => {
  test('no JSON', () => {
    expect(() => parse('{]')).toThrow('The manifest is not valid JSON.')
    expect(() => parse('')).toThrow('The manifest is not valid JSON.')
  })

  test('another shape, and where', () => {
    const schema = z.object({ layers: z.array(z.object({ size: z.number() })) })
    const bytes = Buffer.from('{"layers": [{"size": 1}, {"size": "2"}]}')
    expect(() => parseDocument(bytes, schema, what)).toThrow(
      'The manifest is not what it should be at layers.1.size.',
    )
  })

  test('text of the image reaches no terminal as it is', () => {
    const schema = z.record(z.string(), z.number())
    const attempt = () => parseDocument(Buffer.from('{"\\u001b[31m": "x"}'), schema, what)
    expect(attempt).toThrow('at \\x1b[31m')
  })

  test('any bytes are a value or an ImageError', () => {
    // A key of this name is dropped, and generated now and then.
    const dropped = (key: string, value: unknown): unknown => (key === '__proto__' ? undefined : value)
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        let value: unknown
        try {
          value = parse(text)
        } catch (error) {
          expect(error).toHaveProperty('name', 'ImageError')
          return
        }
        expect(value).toEqual(JSON.parse(text, dropped))
      }),
      { examples: [['{"__proto__":0}'], ['[{"__proto__":{"a":[]}}]'], ['{"a":"__proto__"}']] },
    )
  })
})
