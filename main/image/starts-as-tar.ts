/** A header. */
const BLOCK = 512

/** Whether the bytes begin as a tar does: with a header whose checksum is right, or with the zeros of an empty one. */
export function startsAsTar(head: Uint8Array): boolean {
  if (head.length < BLOCK) return false
  const block = head.subarray(0, BLOCK)
  if (block.every((byte) => byte === 0)) return true
  let sum = 0
  for (const [i, byte] of block.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte
  const field = Buffer.from(block.subarray(148, 156)).toString('latin1')
  return Number.parseInt(field.replace(/^[\0 ]+/, ''), 8) === sum
}
