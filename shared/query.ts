import { z } from 'zod'
import { FATES, MODES, NO_FILTER } from './search-filter.ts'
import { digestSchema } from './schemas.ts'
import { entryTypeSchema } from './files.ts'
import { sourceSpecSchema } from './uri.ts'

/**
 * What became of what a layer has: `added` where no lower layer had the path and `modified` where one did; `surviving` in the final image,
 * `deleted` by a later layer, `hidden` deleted or replaced by one.
 */
export const fateSchema = z.enum(FATES)
export type FateFilter = z.infer<typeof fateSchema>

/** What a mode says beyond who may read. `executable` by anybody. */
export const modeFilterSchema = z.enum(MODES)
export type ModeFilter = z.infer<typeof modeFilterSchema>

const globsSchema = z.array(z.string().min(1).max(4096)).max(100).default([])
const idSchema = z.number().int().min(0).max(0xffff_ffff)

/** Which entries are looked at; all where it says nothing. */
export const searchFilterSchema = z.object({
  /** Globs, one of which must match the path (`pathFilter` says how); all paths where empty. */
  include: globsSchema,
  /** Globs, none of which may match. */
  exclude: globsSchema,
  types: z.array(entryTypeSchema).default([]),
  /** Bytes, both included. */
  minSize: z.number().min(0).optional(),
  maxSize: z.number().min(0).optional(),
  uid: idSchema.optional(),
  gid: idSchema.optional(),
  /** All of them must hold. */
  modes: z.array(modeFilterSchema).default([]),
  /** One of them must hold. */
  fates: z.array(fateSchema).default([]),
  /** Of a file's content, in hexadecimal digits. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
export type SearchFilter = z.infer<typeof searchFilterSchema>

/**
 * What to look for in names. A glob is matched against the whole path and against its last component; a regex anywhere in the path. An
 * empty pattern matches every name: then the filter alone decides.
 */
export const searchQuerySchema = z.object({
  pattern: z.string().max(4096),
  isRegex: z.boolean().default(false),
  isCaseSensitive: z.boolean().default(true),
  /** The glob or regex must match a whole name, not a part of it. Globs always do unless this is false and the pattern has no wildcard. */
  isWholeName: z.boolean().default(true),
  filter: searchFilterSchema.default(NO_FILTER),
})
export type SearchQuery = z.infer<typeof searchQuerySchema>

/** What to look for inside files, line by line: a text as it stands, or a regular expression. */
export const contentQuerySchema = z.object({
  pattern: z.string().min(1).max(4096),
  isRegex: z.boolean().default(false),
  isCaseSensitive: z.boolean().default(true),
  /** What matches must not stand inside a longer word. */
  isWholeWord: z.boolean().default(false),
  /** Look into files that are not text, too: as bytes. */
  isBinary: z.boolean().default(false),
  filter: searchFilterSchema.default(NO_FILTER),
})
export type ContentQuery = z.infer<typeof contentQuerySchema>

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

/** A line that matches, of a file in a layer. */
export const contentHitSchema = searchHitSchema.extend({
  /** From 1. */
  line: z.number().int(),
  /** The first match's place in its line, in characters from 1. */
  column: z.number().int(),
  /** The line, or a part of it around the match; what no encoding gives a character to is U+FFFD. Any control may stand in it. */
  text: z.string(),
  /** The first match in `text`, half-open, in UTF-16 units. */
  from: z.number().int(),
  to: z.number().int(),
})
export type ContentHit = z.infer<typeof contentHitSchema>

/** A search inside files while it goes on: it is asked for again until `isRunning` is false. */
export const contentWindowSchema = z.object({
  /** Lines that match, those beyond `kept` among them. */
  total: z.number().int(),
  /** Files with a line that matches. */
  files: z.number().int(),
  /** Lines that can be asked for: the first of each layer, in its order. */
  kept: z.number().int(),
  /** Kept lines per layer index. */
  perLayer: z.array(z.number().int()),
  hits: z.array(contentHitSchema),
  pendingLayers: z.array(z.number().int()),
  isRunning: z.boolean(),
  /** Bytes of file content looked through, and to be. */
  done: z.number(),
  size: z.number(),
  /** Files left out because they are not text. */
  binaryFiles: z.number().int(),
})
export type ContentWindow = z.infer<typeof contentWindowSchema>

/** An image that was opened before, as far as it is known without asking its source. */
export const knownImageSchema = z.object({
  imageID: digestSchema,
  /** Where it was opened from last. */
  source: sourceSpecSchema,
  reference: z.string().optional(),
  /** Of its manifest, where that is known: what an engine calls it that keeps its images by containerd. */
  digest: digestSchema.optional(),
  platform: z.string().optional(),
  /** When it was opened last: milliseconds since 1970. */
  opened: z.number(),
  layers: z.array(z.object({ diffID: digestSchema, createdBy: z.string().optional() })),
  /** Layers whose entries nobody has read yet. */
  pendingLayers: z.array(z.number().int()),
})
export type KnownImage = z.infer<typeof knownImageSchema>

/** As it is kept. */
export const cataloguedImageSchema = knownImageSchema.omit({ pendingLayers: true })

/** A layer that several images share is searched once and has its hits in each of them. */
export const everywhereHitSchema = searchHitSchema.extend({ imageID: digestSchema })
export type EverywhereHit = z.infer<typeof everywhereHitSchema>

export const everywhereWindowSchema = z.object({
  total: z.number().int(),
  /** Those searched, the one opened last first; hits come in this order, then by layer. */
  images: z.array(knownImageSchema.extend({ count: z.number().int() })),
  hits: z.array(everywhereHitSchema),
  /** Milliseconds the search took. */
  took: z.number(),
})
export type EverywhereWindow = z.infer<typeof everywhereWindowSchema>
