/** A digest of bytes as stored: `sha256:` and 64 lower-case hex digits (image-spec, descriptor.md#digests). */
export type Digest = `sha256:${string}`

const SHA256 = /^sha256:[0-9a-f]{64}$/

/** Whether the text is a digest we accept. Every digest from an image passes here before it is used as a name or a path. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && SHA256.test(text)
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(7)
}

/** A digest from its 64 hex digits; undefined where they are not that. */
export function digestOfHex(hex: string): Digest | undefined {
  const digest = `sha256:${hex}`
  return isDigest(digest) ? digest : undefined
}

/** Twelve hex digits, as every tool of the field shortens a digest for people. */
export function shortDigest(digest: Digest): string {
  return digest.slice(7, 19)
}
