import { z } from 'zod'
import { digestSchema } from './schemas.ts'
import { sourceSpecSchema } from './uri.ts'

/** An image that was opened in the window. */
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
