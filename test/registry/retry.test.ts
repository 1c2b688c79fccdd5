import { expect, test, vi } from 'vitest'
import { pause, pauseBefore, retryAfter } from '../../main/registry/retry.ts'

const NOW = Date.parse('Thu, 02 May 2024 10:00:00 GMT')

test.each<[field: string | undefined, milliseconds: number | undefined]>([
  [undefined, undefined],
  ['0', 0],
  ['7', 7000],
  [' 120 ', 120_000],
  ['99999999999', 99_999_999_999_000],
  ['Thu, 02 May 2024 10:00:30 GMT', 30_000],
  ['Thursday, 02-May-24 10:01:00 GMT', 60_000],
  ['Thu May  2 10:01:00 2024', 60_000],
  ['Thu, 02 May 2024 09:00:00 GMT', 0],
  ['', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['5 minutes', undefined],
])('Retry-After %j is %j milliseconds', (field, milliseconds) => {
  expect(retryAfter(field, NOW)).toBe(milliseconds)
})

test('without a wish each pause is up to twice the last, and never the same for all', () => {
  const random = vi.spyOn(Math, 'random')
  const all = (value: number): number[] => {
    random.mockReturnValue(value)
    return [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => pauseBefore(failures, undefined))
  }
  expect(all(0)).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500, 7500])
  expect(all(1)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
  random.mockRestore()
  expect(new Set(Array.from({ length: 20 }, () => pauseBefore(3, undefined))).size).toBeGreaterThan(1)
})

test('a wish is obeyed as it is', () => {
  expect(pauseBefore(1, 0)).toBe(0)
  expect(pauseBefore(4, 299_000)).toBe(299_000)
})

test('who wants to be left alone for more than five minutes is not waited for', async () => {
  await expect(pause(300_001, AbortSignal.abort())).rejects.toMatchObject({
    code: 'server',
    message: 'The registry asks to be left alone for 6 minutes.',
    remedy: expect.stringContaining('sign in'),
  })
})

test('a pause ends at once when it is cancelled', async () => {
  const controller = new AbortController()
  const pausing = pause(300_000, controller.signal)
  controller.abort()
  await expect(pausing).rejects.toMatchObject({ name: 'AbortError' })
  await expect(pause(1, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})
