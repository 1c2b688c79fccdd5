import { z } from 'zod'
import { containerConfigSchema, digestSchema } from '../../shared/image.ts'

/*
 * What engines answer (docs.docker.com/reference/api/engine), as far as it is read. Podman speaks the same with small differences: IDs
 * without `sha256:`, no `Containers`, another order of keys.
 */

const id = z
  .string()
  .transform((text) => (text.startsWith('sha256:') ? text : `sha256:${text}`))
  .pipe(digestSchema)

export const versionSchema = z.object({
  Version: z.string().nullish(),
  ApiVersion: z.string().nullish(),
  Components: z.array(z.object({ Name: z.string() })).nullish(),
})
export type EngineVersion = z.infer<typeof versionSchema>

export const listSchema = z.array(
  z.object({
    Id: id,
    RepoTags: z.array(z.string()).nullish(),
    Created: z.number(),
    Size: z.number(),
    Containers: z.number().nullish(),
  }),
)

export const inspectSchema = z.object({
  Id: id,
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Created: z.string().nullish(),
  Author: z.string().nullish(),
  Architecture: z.string().nullish(),
  Variant: z.string().nullish(),
  Os: z.string().nullish(),
  Size: z.number().nullish(),
  Config: containerConfigSchema.nullish(),
  RootFS: z.object({ Layers: z.array(digestSchema).nullish() }),
})
export type EngineInspect = z.infer<typeof inspectSchema>

/** The newest step first. */
export const historySchema = z.array(
  z.object({
    Created: z.number().nullish(),
    CreatedBy: z.string().nullish(),
    Comment: z.string().nullish(),
    Size: z.number(),
  }),
)
export type EngineHistory = z.infer<typeof historySchema>

export function isPodman(version: EngineVersion): boolean {
  return version.Components?.some(({ Name }) => Name.startsWith('Podman')) ?? false
}

/** Whether the API takes a platform, as JSON, with history and export (1.48), and with inspect (1.49). Podman’s counts otherwise. */
export function takesPlatform(version: EngineVersion, what: 'export' | 'inspect'): boolean {
  if (isPodman(version)) return false
  const [major = 0, minor = 0] = (version.ApiVersion ?? '').split('.').map(Number)
  return major > 1 || (major === 1 && minor >= (what === 'export' ? 48 : 49))
}
