import { createHash } from 'node:crypto'

const SUM = 32

/** What a file of the store holds, after a magic and its SHA-256: nothing of a damaged one is believed. */
export function sealed(magic: Uint8Array, parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([magic, sumOf(parts), ...parts])
}

/** What was sealed; undefined where the file is damaged or of another kind. */
export function unsealed(magic: Uint8Array, file: Buffer): Buffer | undefined {
  const start = magic.length + SUM
  const body = file.subarray(start)
  const isWhole =
    file.subarray(0, magic.length).equals(magic) && sumOf([body]).equals(file.subarray(magic.length, start))
  return isWhole ? body : undefined
}

function sumOf(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
