import { describe, expect, it } from 'vitest'
import { matchingRows, SearchBudget } from '../../main/image/entry-search.ts'
import type { EntryTable } from '../../main/image/entry-table.ts'
import { entry, symlink, tableOf } from '../support/entries.ts'

describe('matchingRows of names that hold a literal', () => {
  const matches = (path: string): boolean => path.includes('ab')
  const found = async (table: EntryTable, literal?: string): Promise<number[]> => [
    ...(await matchingRows(table, matches, new SearchBudget(), { literal })),
  ]

  it('looks at no other, and takes none from what links point to or from two names in a row', async () => {
    const table = tableOf([
      entry('xa'),
      entry('bx'),
      symlink('l', 'ab'),
      symlink('xxa', 'b'),
      symlink('m', 'xa'),
      entry('b'),
      entry('d/ab'),
      entry('abab'),
      entry('z'),
    ])
    expect(await found(table, 'ab')).toEqual([6, 7])
    const seen: string[] = []
    await matchingRows(table, (path) => seen.push(path) > 0, new SearchBudget(), { literal: 'ab' })
    expect(seen).toEqual(['d/ab', 'abab'])
  })

  it('finds all of many', async () => {
    const table = tableOf(Array.from({ length: 5000 }, (_, i) => entry(`f/${i % 3 === 0 ? 'ab' : 'ba'}${i}`)))
    expect(await found(table, 'ab')).toEqual(await found(table))
  })

  it('looks at all where some name is no ASCII', async () => {
    const table = tableOf([entry('ab'), entry('\xc3\xa9ab')])
    const seen: string[] = []
    await matchingRows(table, (path) => seen.push(path) > 0, new SearchBudget(), { literal: 'nothing' })
    expect(seen).toHaveLength(2)
  })
})

describe('matchingRows', () => {
  it('tests the decoded path of every entry but whiteouts', async () => {
    const table = tableOf(['a/\xc3\xa9', 'a/.wh.x', '.wh..wh..opq', 'b'].map((path) => entry(path)))
    const seen: string[] = []
    const rows = await matchingRows(table, (path) => seen.push(path) > 0, new SearchBudget())
    expect([...rows]).toEqual([0, 3])
    expect(seen).toContain('a/é')
  })

  it('sees every path as it is, whatever stands around it', async () => {
    const paths = Array.from({ length: 1500 }, (_, i) => (i % 3 === 0 ? `dir/${i}\xc3\xa9` : `dir/${i}`))
    paths[700] = `dir/${'long/'.repeat(100_000)}end`
    const table = tableOf(paths.map((path, i) => entry(path, i % 2 === 0 ? {} : { linkname: `target-${i}` })))
    const seen: string[] = []
    const rows = await matchingRows(table, (path) => seen.push(path) > 0, new SearchBudget())
    expect(seen).toEqual(paths.map((path) => path.replace('\xc3\xa9', 'é')))
    expect(rows).toEqual(Int32Array.from(paths.keys()))
  })

  it('interrupts an expression that explodes', async () => {
    const table = tableOf([entry('a'.repeat(200))])
    const hostile = /^(?:a+)+$(?<!a)/u
    await expect(
      matchingRows(table, (path) => hostile.test(`${path}!`), new SearchBudget(undefined, 100)),
    ).rejects.toMatchObject({ code: 'limit' })
  })

  it('keeps one budget over all layers', async () => {
    const table = tableOf([entry('a')])
    const budget = new SearchBudget(undefined, 20)
    const slow = (): boolean => {
      const end = performance.now() + 8
      while (performance.now() < end);
      return true
    }
    const all = async (): Promise<void> => {
      for (let layer = 0; layer < 10; layer++) await matchingRows(table, slow, budget)
    }
    await expect(all()).rejects.toMatchObject({ code: 'limit' })
  })

  it('ends when it is cancelled', async () => {
    const controller = new AbortController()
    const table = tableOf([entry('a'), entry('b')])
    const matches = (): boolean => {
      controller.abort()
      return true
    }
    await expect(matchingRows(table, matches, new SearchBudget(controller.signal))).rejects.toMatchObject({
      name: 'AbortError',
    })
  })

  it('passes on what the test throws', async () => {
    const broken = (): boolean => {
      throw new RangeError('broken')
    }
    await expect(matchingRows(tableOf([entry('a')]), broken, new SearchBudget())).rejects.toThrow('broken')
  })
})
