import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { grownBuffer } from '../../main/image/grown-buffer.ts'
import { IntColumn } from '../../main/image/int-column.ts'

const INT = { min: -(2 ** 31), max: 2 ** 31 - 1 }

describe('a column of integers', () => {
  it('gives what was set, and what nobody set by its rule, however it grew', () => {
    const values = fc.array(fc.tuple(fc.nat(3000), fc.integer(INT)))
    fc.assert(
      fc.property(values, fc.integer(INT), fc.constantFrom(0 as const, 1 as const), (set, initial, step) => {
        const column = new IntColumn(4, initial, step)
        const expected = new Map(set)
        for (const [index, value] of set) column.set(index, value)
        for (let index = 0; index < 3010; index++)
          expect(column.at(index)).toBe(expected.get(index) ?? (initial + step * index) | 0)
      }),
      { numRuns: 50 },
    )
  })

  it('is empty when its memory was given back', () => {
    const column = new IntColumn(16, -1)
    column.push(7)
    column[Symbol.dispose]()
    expect([column.length, column.at(0)]).toEqual([0, -1])
  })
})

describe('a buffer that grows', () => {
  it('keeps every byte, has zeros behind them and leaves nothing of the old one', () => {
    const old = new ArrayBuffer(3 * 4096 + 5)
    const bytes = new Uint8Array(old)
    for (const at of [0, 4095, 2 * 4096 + 1, 3 * 4096 + 4]) bytes[at] = at % 251 || 9
    const before = Buffer.from(bytes)
    const grown = Buffer.from(grownBuffer(old, 5 * 4096))
    expect(grown.subarray(0, before.length).equals(before)).toBe(true)
    expect(grown.subarray(before.length).every((byte) => byte === 0)).toBe(true)
    expect([grown.length, old.byteLength]).toEqual([5 * 4096, 0])
  })
})
