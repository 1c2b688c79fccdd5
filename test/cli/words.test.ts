import { describe, expect, it } from 'vitest'
import { failureText } from '../../main/cli/failure.ts'
import { formatBytes, formatMode, formatSeconds, formatTable, formatTime } from '../../main/cli/format.ts'
import { progressLine } from '../../main/cli/progress-bar.ts'

describe('what people read', () => {
  it('has sizes with a digit after the point up to a hundred', () => {
    const sizes = [0, 999, 1000, 29_300_000, 99_949_999, 99_950_000, 999_499_999, 999_500_000, 2.5e18]
    expect(sizes.map((size) => formatBytes(size))).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '29.3 MB',
      '99.9 MB',
      '100 MB',
      '999 MB',
      '1.0 GB',
      '2500 PB',
    ])
  })

  it('has modes as ls shows them', () => {
    expect(formatMode('directory', 0o1777)).toBe('drwxrwxrwt')
    expect(formatMode('file', 0o4755)).toBe('-rwsr-xr-x')
    expect(formatMode('file', 0o2644)).toBe('-rw-r-Sr--')
    expect(formatMode('symlink', 0o777)).toBe('lrwxrwxrwx')
  })

  it('has times in UTC, and a dash for what no calendar has', () => {
    expect(formatTime(1_700_000_000)).toBe('2023-11-14 22:13')
    expect(formatTime(1e15)).toBe('-')
  })

  it('has time left in seconds, then minutes', () => {
    expect([0.2, 59, 185].map((seconds) => formatSeconds(seconds))).toEqual(['1 s', '59 s', '3:05 min'])
  })

  it('has columns that line up, numbers to the right', () => {
    expect(
      formatTable(
        [
          ['a', '1'],
          ['long', '22'],
        ],
        [1],
      ),
    ).toEqual(['a      1', 'long  22'])
  })
})

describe('a line of progress', () => {
  it('says how much, how fast and how long yet', () => {
    const steps = [
      { name: 'a', done: 30e6, total: 40e6 },
      { name: 'b', done: 0, total: 20e6 },
    ]
    expect(progressLine(steps, 3)).toBe(
      '████████████░░░░░░░░░░░░  50%  30.0 MB of 60.0 MB  10.0 MB/s  3 s left',
    )
  })

  it('does not guess a total that nobody knows', () => {
    expect(progressLine([{ name: 'a', done: 30e6, total: null }], 3)).toBe('30.0 MB  10.0 MB/s')
  })
})

describe('a failure', () => {
  const report = {
    code: 'malformed',
    message: 'a\u001b[31m is damaged.',
    remedy: 'Fetch it again.',
    detail: 'offset 7\n    at read (file.ts:1:1)',
  } as const

  it('is one sentence and what to try', () => {
    expect(failureText(report, false)).toBe('occystrap: a\\x1b[31m is damaged. Fetch it again.')
  })

  it('has its detail where it is asked for, without a stack', () => {
    expect(failureText(report, true).split('\n').slice(1)).toEqual(['  offset 7'])
  })
})
