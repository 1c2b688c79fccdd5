import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { parseJson } from '../image/documents.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** What becomes of the image config, of which everything else is kept; pure. */
export type ConfigTransform = (config: JsonObject) => JsonObject

/**
 * The config with new diffIDs, in one canonical form (keys sorted, no blanks), so that configs that say the same become the same image
 * ID. Fields nobody here knows are kept.
 */
export function reissueConfig(
  bytes: Uint8Array,
  diffIDs: readonly Digest[],
  transform: ConfigTransform,
): Uint8Array {
  const config = parseJson(bytes, 'The image config')
  if (!isObject(config)) throw new ImageError('malformed', 'The image config is not an object.')
  const rootfs = {
    ...(isObject(config['rootfs']) ? config['rootfs'] : {}),
    type: 'layers',
    diff_ids: diffIDs,
  }
  return Buffer.from(JSON.stringify(canonical({ ...transform(config), rootfs })))
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item))
  if (!isObject(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]))
}
