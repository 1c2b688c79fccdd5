import { z } from 'zod'

const theme = z.enum(['system', 'light', 'dark'])
/** Bytes the layer cache may hold. */
const cacheLimit = z.number().int().min(0)
/** Last folder chosen in each kind of dialog. */
const folders = z.record(z.string(), z.string())
/** Panes, sort orders, column widths: what the renderer wants back, by name. */
const view = z.record(z.string(), z.unknown())

/** Registries used, the last one first. */
const registries = z.array(z.object({ name: z.string(), insecure: z.boolean() }))
/** A file of certificates (PEM) to trust beside the system's; none where empty. */
const caFile = z.string()

/** What the window remembers for its user; unknown keys of a newer version are kept. */
export const settingsSchema = z.object({
  theme: theme.default('system'),
  cacheLimit: cacheLimit.default(10e9),
  folders: folders.default({}),
  view: view.default({}),
  registries: registries.default([]),
  caFile: caFile.default(''),
})

/** Some of them, to change those alone: without the defaults, which `partial` would fill in. */
export const settingsChangeSchema = z.object({
  theme: theme.exactOptional(),
  cacheLimit: cacheLimit.exactOptional(),
  folders: folders.exactOptional(),
  view: view.exactOptional(),
  registries: registries.exactOptional(),
  caFile: caFile.exactOptional(),
})
export type Settings = z.infer<typeof settingsSchema>
