import { expect, test } from 'vitest'
import { baseName, counted, formatAgo, formatBytes, formatDuration } from '../../renderer/parts/format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9_994, '9.99 kB'],
  [9_996, '10.0 kB'],
  [99_960, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [384_000_000, '384 MB'],
  [1.5e15, '1.50 PB'],
  [-2048, '−2.05 kB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, 'just now'],
  [59_000, 'just now'],
  [60_000, '1 minute ago'],
  [3_599_000, '59 minutes ago'],
  [36 * 3_600_000, '1 day ago'],
  [20 * 86_400_000, '2 weeks ago'],
  [400 * 86_400_000, '1 year ago'],
])('%d ms before now is %s', (before, text) => {
  const now = Date.UTC(2026, 0, 1)
  expect(formatAgo(now - before, now)).toBe(text)
})

test.each([
  [400, 'under 1 s'],
  [42_000, '42 s'],
  [180_000, '3 min'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
])('%d ms last %s', (time, text) => {
  expect(formatDuration(time)).toBe(text)
})

test('one is not many', () => {
  expect([counted(1, 'layer'), counted(2, 'layer'), counted(12_000, 'entry', 'entries')]).toEqual([
    '1 layer',
    '2 layers',
    '12,000 entries',
  ])
})

test.each([
  ['/images/debian.tar', 'debian.tar'],
  ['/images/', 'images'],
  ['/', '/'],
  ['C:\\images\\debian.tar', 'debian.tar'],
])('%s ends in %s', (path, name) => expect(baseName(path)).toBe(name))
