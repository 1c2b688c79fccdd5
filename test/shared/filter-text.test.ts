import { expect, it } from 'vitest'
import { bytesOfText, ownerOfText, sha256OfText } from '../../shared/filter-text.ts'

it.each([
  ['0', 0],
  ['4096', 4096],
  ['10k', 10_000],
  ['1.5 MB', 1_500_000],
  ['1,5mb', 1_500_000],
  ['4 KiB', 4096],
  ['2g', 2_000_000_000],
  ['.5k', 500],
  ['k', undefined],
  ['1.', undefined],
  ['10 i', undefined],
  ['-1', undefined],
  ['9999999 TB', undefined],
])('%s as a size', (text, bytes) => {
  expect(bytesOfText(text)).toBe(bytes)
})

it.each([
  ['', undefined],
  ['0', { uid: 0 }],
  ['1000:50', { uid: 1000, gid: 50 }],
  [':50', { gid: 50 }],
  ['7:', { uid: 7 }],
  [':', undefined],
  ['root', undefined],
  ['4294967296', undefined],
])('%s as an owner', (text, owner) => {
  expect(ownerOfText(text)).toEqual(owner)
})

const HASH = '0123456789abcdef'.repeat(4)

it.each([
  [HASH, HASH],
  [` sha256:${HASH.toUpperCase()} `, HASH],
  [HASH.slice(1), undefined],
  [`md5:${HASH}`, undefined],
  ['', undefined],
])('%s as a hash', (text, hash) => {
  expect(sha256OfText(text)).toBe(hash)
})
