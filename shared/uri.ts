import { z } from 'zod'
import { platformSchema } from './image.ts'

/**
 * Where an image comes from, as data: what a URI on the command line and a drop on the window both become. `path` is absolute.
 * `image` picks one of several in a tarball or layout: a reference, an image ID (or 12+ digits of it), a manifest digest, or `#N`.
 */
export const sourceSpecSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tar'),
    path: z.string().min(1),
    image: z.string().optional(),
    platform: platformSchema.partial().optional(),
  }),
  z.object({
    kind: z.literal('layout'),
    path: z.string().min(1),
    image: z.string().optional(),
    platform: platformSchema.partial().optional(),
  }),
  z.object({
    kind: z.literal('dir'),
    path: z.string().min(1),
    image: z.string().optional(),
    tag: z.string().optional(),
  }),
])
export type SourceSpec = z.infer<typeof sourceSpecSchema>

export const compressionSchema = z.enum(['none', 'gzip', 'zstd'])
export type OutputCompression = z.infer<typeof compressionSchema>

/** Where an image goes. `reference` names it there; without one the input's own names are kept. */
export const destinationSpecSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('tar'),
    path: z.string().min(1),
    reference: z.string().optional(),
    compression: compressionSchema.default('none'),
    /** Replace a file that is there already. */
    overwrite: z.boolean().default(true),
  }),
  z.object({
    kind: z.literal('dir'),
    path: z.string().min(1),
    reference: z.string().optional(),
    uniqueNames: z.boolean().default(false),
  }),
])
export type DestinationSpec = z.infer<typeof destinationSpecSchema>

export const filterSpecSchema = z.discriminatedUnion('kind', [
  /** Every entry's mtime becomes `timestamp` (seconds; 0 unless said), and the config's times with it. */
  z.object({ kind: z.literal('normalize-timestamps'), timestamp: z.number().int().min(0).default(0) }),
])
export type FilterSpec = z.infer<typeof filterSpecSchema>
