import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchingRows, SearchBudget } from '../../main/image/entry-search.ts'
import { nameScan, scannedRows } from '../../main/image/name-scan.ts'
import { NameTable } from '../../main/image/name-table.ts'
import { queryLiteral } from '../../main/image/query-literal.ts'
import { rowFilter } from '../../main/image/row-filter.ts'
import { nameMatcher } from '../../shared/name-matcher.ts'
import { searchQuerySchema, type SearchQuery } from '../../shared/query.ts'
import { entry, tableOf } from '../support/entries.ts'

const component = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.string({ unit: fc.constantFrom(...'a b A B . - 0 1 x _ k'.split(' '), ' '), maxLength: 6 }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '.wh.a',
      '.wh..wh..opq',
      'a\nb',
      'a\rb',
      'é',
      '\xff',
      'ſ',
      '\u212a',
      'İ',
      'a\u2028b',
      '\n',
      '',
    ),
  },
)
const aPath = fc
  .array(component, { minLength: 1, maxLength: 3 })
  .map((parts) => Buffer.from(parts.join('/').replaceAll('\xff', '')).toString('latin1'))
  .chain((path) => fc.constantFrom(path, path, path, `${path}\xff`))

const globPiece = fc.constantFrom(
  'a',
  'b',
  'AB',
  '*',
  '*',
  '?',
  '[ab]',
  '[!a]',
  '[!-b]',
  '.',
  '/',
  'é',
  '[',
  '[*]',
  'ſ',
  '\u212a',
  '{',
  'a/b',
)
const glob = fc.array(globPiece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''))

const regexPiece = fc.constantFrom(
  '\n',
  ...String.raw`a b AB k . \. / \/ - [ab] [^a] [^/] [^-a] [\s\S] [^] [] é | { ] \- \_ [a-] [\w.-] [\n-a] [\W] [^\d-] [\p{L}]`.split(
    ' ',
  ),
  ...String.raw`\d \D \w \W \s \S \b \B ^ $ \n \x0a \u{a} \u{2} \p{L} \P{L} \cJ \0 \1 \12 (a|b) (?:ab) (a)\1 (?i:a) (?s:.)`.split(
    ' ',
  ),
  ...String.raw`(?=[^a]) (?![^a]) (?<=[^b]) (?<![^b]) (?<=^a) (?<n>a)\k<n>`.split(' '),
)
const repeat = fc.constantFrom('', '', '', '', '*', '+', '?', '{2}', '{0}', '+?')
const regex = fc
  .array(fc.tuple(regexPiece, repeat), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.flat().join(''))

const query = fc
  .record({
    pattern: fc.oneof(glob, regex, fc.constantFrom('', 'a)|(b', '/a/', './b')),
    isRegex: fc.boolean(),
    isCaseSensitive: fc.boolean(),
    isWholeName: fc.boolean(),
  })
  .map((fields) => searchQuerySchema.parse(fields))
  .filter((one) => {
    try {
      nameMatcher(one)
      return true
    } catch {
      return false
    }
  })

async function fast(table: NameTable, one: SearchQuery): Promise<number[]> {
  const [rows] = await scannedRows([table], nameScan(one), new SearchBudget())
  return [...(rows as Int32Array)]
}

describe('scannedRows', () => {
  it('finds just what each name by itself matches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aPath, { maxLength: 30 }),
        query,
        fc.boolean(),
        async (paths, one, isPacked) => {
          const table = tableOf(
            paths.map((path, i) => entry(path, i % 3 === 0 ? { linkname: 'ab/target' } : {})),
          )
          const names = new NameTable(table)
          if (isPacked) names.pack()
          const slow = await matchingRows(table, nameMatcher(one), new SearchBudget())
          expect(await fast(names, one)).toEqual([...slow])
          const literal = queryLiteral(one)
          expect([...(await matchingRows(table, nameMatcher(one), new SearchBudget(), { literal }))]).toEqual(
            [...slow],
          )
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('finds the same in names of many blocks, one of them longer than a block', async () => {
    const paths = Array.from(
      { length: 40_000 },
      (_, i) => `usr/share/folder-${i % 300}/file-${i}${i % 50 === 0 ? 'é' : ''}.txt`,
    )
    paths[20_000] = `deep/${'x/'.repeat(400_000)}end.pem`
    paths[39_999] = 'the/last.pem'
    const table = tableOf(paths.map((path, i) => entry(path, { size: i, uid: i % 7 })))
    const names = new NameTable(table)
    expect(names.blocks.length).toBeGreaterThan(3)
    for (let row = 0; row < paths.length; row += 997) {
      expect(names.path(row)).toBe(table.path(row))
      expect([names.size(row), names.uid(row), names.mode(row), names.type(row)]).toEqual([
        row,
        row % 7,
        0o644,
        'file',
      ])
    }
    const filter = { types: ['file'], minSize: 100, maxSize: 30_000, uid: 3 }
    for (const fields of [
      { pattern: '*.pem' },
      { pattern: 'file-1', isWholeName: false },
      { pattern: 'FILE-1', isWholeName: false, isCaseSensitive: false },
      { pattern: '\\d{4}é?\\.txt$', isRegex: true, isWholeName: false },
      { pattern: 'file-*7*.txt' },
      { pattern: '', filter },
      { pattern: 'folder-*', filter: { ...filter, include: ['*1*'] } },
    ]) {
      const one = searchQuerySchema.parse(fields)
      const slow = await matchingRows(table, nameMatcher(one), new SearchBudget(), {
        accepts: rowFilter(one.filter),
      })
      const narrowed = { accepts: rowFilter(one.filter), literal: queryLiteral(one) }
      const quick = await matchingRows(table, nameMatcher(one), new SearchBudget(), narrowed)
      expect([...quick]).toEqual([...slow])
      expect(await fast(names, one)).toEqual([...slow])
    }
  })

  it('interrupts an expression that explodes, and answers others meanwhile', async () => {
    const table = new NameTable(tableOf([entry('a'.repeat(200))]))
    const hostile = searchQuerySchema.parse({ pattern: '^(?:a+)+$(?<!a)', isRegex: true, isWholeName: false })
    await expect(
      scannedRows([table], nameScan(hostile), new SearchBudget(undefined, 100)),
    ).rejects.toMatchObject({
      code: 'limit',
    })
  })

  it('ends when it is cancelled', async () => {
    const paths = Array.from({ length: 300_000 }, (_, i) => `folder/${i}`)
    const table = new NameTable(tableOf(paths.map((path) => entry(path))))
    const controller = new AbortController()
    const slow = searchQuerySchema.parse({ pattern: '(?:.*){3}é', isRegex: true, isWholeName: false })
    const search = scannedRows([table], nameScan(slow), new SearchBudget(controller.signal))
    setTimeout(() => controller.abort(), 5)
    await expect(search).rejects.toMatchObject({ name: 'AbortError' })
  })
})
