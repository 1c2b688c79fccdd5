import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { goJson, rawMembers, sortedObject } from '../../main/image/raw-json.ts'

test('a value keeps the form it has, but for the blanks between its parts', () => {
  const text = `{ "n" : 1.50e+10 ,\n"big":12345678901234567890, "o": {"b" : 1, "a" :[ 1 , 2 ]},\t"s": " a \\" } , ] b ", "e":{},"l":[] }`
  expect(Object.fromEntries(rawMembers(text))).toEqual({
    n: '1.50e+10',
    big: '12345678901234567890',
    o: '{"b":1,"a":[1,2]}',
    s: String.raw`" a \" } , ] b "`,
    e: '{}',
    l: '[]',
  })
})

test('what HTML would read is escaped, in keys and in values, as Go does it', () => {
  expect(goJson('<a & b>\u2028\u2029')).toBe(String.raw`"\u003ca \u0026 b\u003e\u2028\u2029"`)
  const members = rawMembers('{"a<b": "x&y", "c": ["<", {"&": ">"}]}')
  expect(sortedObject(members)).toBe(String.raw`{"a\u003cb":"x\u0026y","c":["\u003c",{"\u0026":"\u003e"}]}`)
})

test('keys are sorted, and of a repeated one the last counts', () => {
  expect(sortedObject(rawMembers('{"b":1,"a":2,"B":3,"b":4}'))).toBe('{"B":3,"a":2,"b":4}')
  expect(sortedObject(rawMembers('{}'))).toBe('{}')
  expect(sortedObject(rawMembers(' { } '))).toBe('{}')
})

test('keys with escapes are what they mean', () => {
  expect([...rawMembers(String.raw`{"\u0061\"b\\":1,"__proto__":2}`)]).toEqual([
    ['a"b\\', '1'],
    ['__proto__', '2'],
  ])
})

test('any object comes out as it went in', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 0, 1, '\t'), (value, indent) => {
      const members = rawMembers(JSON.stringify(value, null, indent))
      expect(JSON.parse(sortedObject(members))).toEqual(JSON.parse(JSON.stringify(value)))
      for (const [key, text] of members) expect(text).toBe(goJson(value[key]))
    }),
  )
})
