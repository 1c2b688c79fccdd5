import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'

export function sha256Of(bytes: Uint8Array): Digest {
  return digestOf(createHash('sha256').update(bytes))
}

/** Passes the chunks on as they are; `onEnd` hears their digest and how many bytes they were, once, when the source has ended. */
export async function* tapDigest(
  source: AsyncIterable<Uint8Array>,
  onEnd: (digest: Digest, size: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of source) {
    hash.update(chunk)
    size += chunk.length
    yield chunk
  }
  onEnd(digestOf(hash), size)
}

/**
 * Passes the chunks on and fails with `digest-mismatch` after the last one when they are not what `expected` names. Whoever stops before
 * the end has verified nothing. `what` names the thing in the message: "Layer 3".
 */
export function verified(
  source: AsyncIterable<Uint8Array>,
  expected: Digest,
  what: string,
): AsyncIterable<Uint8Array> {
  return tapDigest(source, (digest) => {
    if (digest !== expected)
      throw new ImageError('digest-mismatch', `${visible(what)} is not what its digest says.`, {
        remedy: 'The image is damaged or was altered; fetch or save it again.',
        detail: `expected ${expected}\nfound ${digest}`,
      })
  })
}

export function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`
}
