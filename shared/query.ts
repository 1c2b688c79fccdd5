import { z } from 'zod'
import { digestSchema } from './image.ts'
import { entryTypeSchema } from './files.ts'

/** What to look for in names. A glob is matched against the whole path and against its last component; a regex anywhere in the path. */
export const searchQuerySchema = z.object({
  pattern: z.string().min(1).max(4096),
  isRegex: z.boolean().default(false),
  isCaseSensitive: z.boolean().default(true),
  /** The glob or regex must match a whole name, not a part of it. Globs always do unless this is false and the pattern has no wildcard. */
  isWholeName: z.boolean().default(true),
})
export type SearchQuery = z.infer<typeof searchQuerySchema>

export const searchHitSchema = z.object({
  diffID: digestSchema,
  layerIndex: z.number().int(),
  /** PathBytes */
  path: z.string(),
  type: entryTypeSchema,
  size: z.number(),
  state: z.enum(['present', 'replaced', 'deleted']),
  createdBy: z.string().optional(),
  /** The layer that replaced or deleted it. */
  by: z.number().int().optional(),
})
export type SearchHit = z.infer<typeof searchHitSchema>

export const searchWindowSchema = z.object({
  total: z.number().int(),
  /** Hits per layer index. */
  perLayer: z.array(z.number().int()),
  hits: z.array(searchHitSchema),
  pendingLayers: z.array(z.number().int()),
  /** Milliseconds the search took. */
  took: z.number(),
})
export type SearchWindow = z.infer<typeof searchWindowSchema>
