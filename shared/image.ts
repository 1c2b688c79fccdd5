import { z } from 'zod'
import { containerConfigSchema, digestSchema, platformSchema } from './schemas.ts'

export type Platform = z.infer<typeof platformSchema>

/** Something the user should know that did not stop the work; `code` groups equal ones. */
export const warningSchema = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().optional(),
})
export type Warning = z.infer<typeof warningSchema>

export const layerInfoSchema = z.object({
  /** Position from the base, 0 first; empty steps do not count. */
  index: z.number().int(),
  diffID: digestSchema,
  /** Digest of the blob as stored, where the source has one. */
  digest: digestSchema.optional(),
  /** Bytes of the uncompressed tar; null while nobody has inflated it. */
  size: z.number().nullable(),
  /** Bytes as stored in the source. */
  compressedSize: z.number().nullable(),
  mediaType: z.string(),
  createdBy: z.string().optional(),
  created: z.string().optional(),
})
export type LayerInfo = z.infer<typeof layerInfoSchema>

/** One step of the build: a layer (its index) or an empty step such as ENV. */
export const historyStepSchema = z.object({
  createdBy: z.string().optional(),
  created: z.string().optional(),
  comment: z.string().optional(),
  author: z.string().optional(),
  /** The layer this step made; null for an empty one. */
  layerIndex: z.number().int().nullable(),
})
export type HistoryStep = z.infer<typeof historyStepSchema>

export type ContainerConfig = z.infer<typeof containerConfigSchema>

/** What is known of an image from its manifest and config alone. */
export const imageInfoSchema = z.object({
  /** The name it goes by (`docker.io/library/debian:12`), where the source has one. */
  reference: z.string().optional(),
  /** All names the source gives it. */
  references: z.array(z.string()),
  imageID: digestSchema,
  /** Digest of the manifest, where the source has one. */
  digest: digestSchema.optional(),
  platform: platformSchema,
  created: z.string().optional(),
  author: z.string().optional(),
  config: containerConfigSchema,
  /** Sum of the uncompressed layers; null while one is unknown. */
  size: z.number().nullable(),
  compressedSize: z.number().nullable(),
  /** Bytes of its files as an engine counts them: about what its layers take, before anybody has read them. */
  statedSize: z.number().optional(),
  layers: z.array(layerInfoSchema),
  history: z.array(historyStepSchema),
  /** What kind of file or folder this came from, in the field's words ("docker archive", "OCI layout"). */
  format: z.string(),
  warnings: z.array(warningSchema),
})
export type ImageInfo = z.infer<typeof imageInfoSchema>
