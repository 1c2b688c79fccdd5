import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FileScanner, type FoundLine } from '../../main/image/file-scanner.ts'
import { contentQuerySchema, type ContentQuery } from '../../shared/query.ts'

const EVERY_LINE = { perLayer: Infinity, perFile: Infinity }

/** The file's lines as found when it comes in pieces that end at these places; each piece's memory is used for another afterwards. */
function scanned(file: Buffer, query: ContentQuery, ends: readonly number[]): FoundLine[] {
  const files = {
    rows: Int32Array.of(7),
    offsets: Float64Array.of(0),
    sizes: Float64Array.of(file.length),
    holes: new Map(),
  }
  const scanner = new FileScanner(query, files, EVERY_LINE)
  scanner.begin(0)
  let start = 0
  for (const end of [...ends, file.length]) {
    const piece = Buffer.from(file.subarray(start, end))
    scanner.push(piece)
    piece.fill('#')
    start = end
  }
  return [...scanner.take().lines]
}

const QUERIES = [
  { pattern: 'key' },
  { pattern: 'é' },
  { pattern: 'KEY', isCaseSensitive: false },
  { pattern: '[k]ey$', isRegex: true },
].map((query) => contentQuerySchema.parse(query))

/** Lines of every length, now and then one that is long. */
const line = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom('', 'key', 'a key', 'a line of text', 'é key', '😀 more\r', 'monkey\r'),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 100_000 }).map((length) => `${'x'.repeat(length)}é key`),
  },
)
const lines = fc
  .tuple(fc.array(line, { minLength: 100, maxLength: 300 }), fc.integer({ min: 1, max: 40 }))
  .map(([some, times]) => Array.from({ length: times }, () => some).flat())
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
const encodings = fc.constantFrom('utf8' as const, 'utf16le' as const, 'utf16be' as const)

function encoded(text: string, encoding: 'utf8' | 'utf16le' | 'utf16be'): Buffer {
  if (encoding === 'utf8') return Buffer.from(text)
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return encoding === 'utf16be' ? bytes.swap16() : bytes
}

test('a file is searched the same, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(lines, places, encodings, fc.constantFrom(...QUERIES), (all, cuts, encoding, query) => {
      const file = encoded(all.join('\n'), encoding)
      const ends = cuts.map((place) => Math.floor(place * file.length)).sort((a, b) => a - b)
      const needle = new RegExp(query.pattern, query.isCaseSensitive ? 'u' : 'iu')
      const expected = all.flatMap((broken, index) => {
        const match = needle.exec(broken.replace(/\r$/, ''))
        if (!match) return []
        return [`${index + 1}:${Array.from(broken.slice(0, match.index)).length + 1}`]
      })
      const found = scanned(file, query, ends)
      expect(found.map(({ line: at, column }) => `${at}:${column}`)).toEqual(expected)
      for (const { text, from, to } of found) expect(text.slice(from, to)).toMatch(needle)
    }),
    { numRuns: 25 },
  )
})
