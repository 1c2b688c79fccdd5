import { expect, it } from 'vitest'
import { bytesOfText } from '../../shared/size-text.ts'

it.each<[string, number | undefined]>([
  ['0', 0],
  ['1234', 1234],
  ['10k', 10_000],
  ['10 kB', 10_000],
  [' 1.5M ', 1_500_000],
  ['2MiB', 2 * 1024 ** 2],
  ['1gib', 1024 ** 3],
  ['3TB', 3e12],
  ['7 B', 7],
  ['', undefined],
  ['k', undefined],
  ['-1', undefined],
  ['1x', undefined],
  ['1iB', undefined],
  ['1e3', undefined],
  ['1.', undefined],
])('%j is %j bytes', (text, bytes) => {
  expect(bytesOfText(text)).toBe(bytes)
})
