import { z } from 'zod'
import { digestSchema } from './image.ts'
import { sourceSpecSchema } from './uri.ts'

/** What the window remembers for its user; unknown keys of a newer version are kept. */
export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Bytes the layer cache may hold. */
  cacheLimit: z
    .number()
    .int()
    .min(0)
    .default(10 * 1024 ** 3),
  /** Last folder chosen in each kind of dialog. */
  folders: z.record(z.string(), z.string()).default({}),
  /** Panes, sort orders, column widths: what the renderer wants back, by name. */
  view: z.record(z.string(), z.unknown()).default({}),
})
export type Settings = z.infer<typeof settingsSchema>

export const recentImageSchema = z.object({
  source: sourceSpecSchema,
  /** Its name, or the file's. */
  title: z.string(),
  imageID: digestSchema,
  size: z.number().nullable(),
  /** Milliseconds since 1970. */
  opened: z.number(),
  /** The file or folder is not there any more. */
  isMissing: z.boolean(),
})
export type RecentImage = z.infer<typeof recentImageSchema>
