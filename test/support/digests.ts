import { createHash } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'

export function sha256(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function hex(digest: Digest): string {
  return digest.slice(7)
}
