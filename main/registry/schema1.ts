import { z } from 'zod'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { Platform } from '../../shared/image.ts'
import { digestSchema } from '../../shared/schemas.ts'
import { parseDocument } from '../image/documents.ts'
import { parseV1, type V1Step } from '../image/v1-config.ts'

/** As many layers as any image has, and then some. */
const MOST_LAYERS = 1024

const signatureSchema = z.object({ protected: z.string() })
const signedSchema = z.object({ signatures: z.array(signatureSchema).nullish() })
const protectedSchema = z.object({ formatLength: z.number().int().min(0), formatTail: z.string() })

const schema1Schema = z.object({
  schemaVersion: z.literal(1),
  architecture: z.string().nullish(),
  fsLayers: z.array(z.object({ blobSum: digestSchema })).max(MOST_LAYERS),
  history: z.array(z.object({ v1Compatibility: z.string() })).max(MOST_LAYERS),
})

/** A Docker schema 1 manifest (distribution, spec/manifest-v2-1): layers and the steps that made them, base first. */
export interface Schema1 {
  readonly steps: readonly V1Step[]
  readonly platform: Platform
  /** One for each step that is no throwaway. */
  readonly layers: readonly Digest[]
}

/**
 * What a signed manifest's digest is of: the document as it was before it was signed. Each signature says how much of the text that is
 * and how it went on (libtrust's “JSON pretty signature”). The signatures prove nothing: any key may have made them.
 */
export function schema1Payload(bytes: Uint8Array, what: string): Uint8Array {
  const { signatures } = parseDocument(bytes, signedSchema, what)
  const [signature] = signatures ?? []
  if (!signature) return bytes
  const { formatLength, formatTail } = parseDocument(
    Buffer.from(signature.protected, 'base64url'),
    protectedSchema,
    `The signature of ${what}`,
  )
  if (formatLength > bytes.length)
    throw new ImageError('malformed', `The signature of ${what} is of a longer text.`)
  return Buffer.concat([bytes.subarray(0, formatLength), Buffer.from(formatTail, 'base64url')])
}

export function parseSchema1(bytes: Uint8Array, what: string): Schema1 {
  const { fsLayers, history, architecture } = parseDocument(bytes, schema1Schema, what)
  if (fsLayers.length !== history.length)
    throw new ImageError(
      'malformed',
      `${what} has ${fsLayers.length} layers, but describes ${history.length}.`,
    )
  const steps = history
    .map(({ v1Compatibility }) => parseV1(Buffer.from(v1Compatibility), `A layer's description in ${what}`))
    .reverse()
  const blobs = fsLayers.map(({ blobSum }) => blobSum).reverse()
  const platform = { os: 'linux', architecture: architecture || 'amd64' }
  return { steps, platform, layers: blobs.filter((_, i) => !steps[i]?.isThrowaway) }
}
