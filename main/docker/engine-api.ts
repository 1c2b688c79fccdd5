import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { containerConfigSchema, digestSchema } from '../../shared/schemas.ts'

/*
 * What engines answer (docs.docker.com/reference/api/engine), as far as it is read. Podman speaks the same with small differences: IDs
 * without `sha256:`, no `Containers`, another order of keys.
 */

const id = z
  .string()
  .transform((text) => (text.startsWith('sha256:') ? text : `sha256:${text}`))
  .pipe(digestSchema)

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

/** What an engine is, as the head of its answer to a ping says it: Podman takes half a second to answer `/version`. */
export interface EngineVersion {
  readonly kind: 'docker' | 'podman'
  readonly version: string | undefined
  /** Of Docker’s API, as far as the engine speaks it. */
  readonly api: string
}

/** Undefined where it is the head of something else. */
export function versionIn(headers: IncomingHttpHeaders): EngineVersion | undefined {
  const api = headers['api-version']
  if (typeof api !== 'string') return undefined
  const [, podman] = /^(\S+)/.exec(String(headers['libpod-api-version'] ?? '')) ?? []
  const [, docker] = /^Docker\/(\S+)/.exec(String(headers.server ?? '')) ?? []
  return { kind: podman === undefined ? 'docker' : 'podman', version: podman ?? docker, api }
}

/** Whether the API takes a platform, as JSON, with history and export (1.48), and with inspect (1.49). Podman’s counts otherwise. */
export function takesPlatform({ kind, api }: EngineVersion, what: 'export' | 'inspect'): boolean {
  const [major = 0, minor = 0] = api.split('.').map(Number)
  return kind === 'docker' && (major > 1 || (major === 1 && minor >= (what === 'export' ? 48 : 49)))
}
