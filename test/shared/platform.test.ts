import { describe, expect, test } from 'vitest'
import { formatPlatform, matchPlatform, normalPlatform, parsePlatform } from '../../shared/platform.ts'

const offered = [
  'linux/amd64',
  'linux/arm/v5',
  'linux/arm/v6',
  'linux/arm/v7',
  'linux/arm64',
  'windows/amd64',
].map(parsePlatform)

describe('reading and writing', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['amd64', 'linux/amd64'],
    ['x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['Windows/AMD64', 'windows/amd64'],
    ['linux/i386', 'linux/386'],
  ])('%s is %s', (text, platform) => {
    expect(formatPlatform(parsePlatform(text))).toBe(platform)
  })

  test.each(['', 'a/b/c/d', 'linux/', '/', 'linux/am d64', 'linux/\u001b'])('%j is none', (text) => {
    expect(() => parsePlatform(text)).toThrow(/is not a platform/)
  })
})

describe('the one to take', () => {
  test.each([
    ['linux/amd64', 0],
    ['linux/arm/v7', 3],
    ['linux/arm/v8', 3],
    ['linux/arm/v6', 2],
    ['linux/arm/v5', 1],
    ['linux/arm', 3],
    ['linux/arm64', 4],
    ['windows/amd64', 5],
    ['linux/s390x', undefined],
    ['linux/amd64/v3', 0],
  ])('%s takes number %s', (wanted, index) => {
    expect(matchPlatform(offered, parsePlatform(wanted))).toBe(index)
  })

  test('parts that nobody asked for may be anything', () => {
    expect(matchPlatform(offered, { os: 'windows' })).toBe(5)
    expect(matchPlatform(offered, {})).toBe(0)
  })

  test('without a wish for a variant the plain one comes before those that not every machine runs', () => {
    const levels = ['linux/amd64/v4', 'linux/amd64/v2', 'linux/amd64'].map(parsePlatform)
    expect(matchPlatform(levels, { architecture: 'amd64' })).toBe(2)
    expect(matchPlatform(levels.slice(0, 2), { architecture: 'amd64' })).toBe(1)
    expect(matchPlatform(levels, { architecture: 'amd64', variant: 'v3' })).toBe(1)
  })

  test('no higher variant than the one asked for', () => {
    expect(matchPlatform(['linux/arm/v7'].map(parsePlatform), parsePlatform('linux/arm/v6'))).toBeUndefined()
  })

  test('a variant of no number must be the same', () => {
    const odd = [normalPlatform({ os: 'linux', architecture: 'mips', variant: 'softfloat' })]
    expect(matchPlatform(odd, { architecture: 'mips', variant: 'softfloat' })).toBe(0)
    expect(matchPlatform(odd, { architecture: 'mips', variant: 'hardfloat' })).toBeUndefined()
    expect(matchPlatform(odd, { architecture: 'mips' })).toBe(0)
  })
})
