import { expect, test } from 'vitest'
import { sha256Of, tapDigest, verified } from '../../main/image/hashing.ts'
import { bytesOf, reusedChunksOf } from '../support/tar-fixtures.ts'

// FIPS 180-2, appendix B.1.
const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('the digest of bytes', () => {
  expect(sha256Of(Buffer.from('abc'))).toBe(ABC)
  expect(sha256Of(new Uint8Array())).toBe(EMPTY)
})

test('a tap passes the chunks and tells the digest once, at the end', async () => {
  const heard: unknown[] = []
  const source = tapDigest(reusedChunksOf(Buffer.from('abc'), 1), (...args) => heard.push(args))
  const first = await source.next()
  expect([...(first.value ?? [])]).toEqual([0x61])
  expect(heard).toEqual([])
  expect((await bytesOf(source)).toString()).toBe('bc')
  expect(heard).toEqual([[ABC, 3]])
})

test('a tap left early tells nothing', async () => {
  let isHeard = false
  for await (const chunk of tapDigest(reusedChunksOf(Buffer.from('abc'), 1), () => (isHeard = true))) {
    expect(chunk).toHaveLength(1)
    break
  }
  expect(isHeard).toBe(false)
})

test('verified bytes pass, others fail after the last of them', async () => {
  expect((await bytesOf(verified(reusedChunksOf(Buffer.from('abc'), 2), ABC, 'Layer 1'))).toString()).toBe(
    'abc',
  )
  let passed = 0
  const run = async () => {
    for await (const chunk of verified(reusedChunksOf(Buffer.from('abd'), 1), ABC, 'Layer \u001b[31m1'))
      passed += chunk.length
  }
  await expect(run()).rejects.toMatchObject({
    code: 'digest-mismatch',
    message: String.raw`Layer \x1b[31m1 is not what its digest says.`,
    detail: expect.stringContaining(ABC),
  })
  expect(passed).toBe(3)
})
