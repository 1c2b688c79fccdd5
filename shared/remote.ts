import { z } from 'zod'
import { errorReportSchema } from './errors.ts'
import { digestSchema, platformSchema } from './schemas.ts'

/** A Docker or Podman engine that was found, whether or not it answers. */
export const engineSchema = z.object({
  /** What `docker://IMAGE?socket=` takes. */
  socket: z.string(),
  /** What people call it: “Docker”, “Podman (rootless)”, “colima”. */
  name: z.string(),
  /** What led to it: a variable, a context, a usual place. */
  origin: z.string(),
  state: z.enum(['ready', 'stopped', 'forbidden', 'unreachable']),
  kind: z.enum(['docker', 'podman']).optional(),
  version: z.string().optional(),
  /** The one that `docker://` means where it names none. */
  isDefault: z.boolean(),
  /** Why it cannot be reached, and what to do about it; absent where it is ready. */
  problem: errorReportSchema.optional(),
})
export type EngineInfo = z.infer<typeof engineSchema>

/** One line of an engine's list of images. */
export const engineImageSchema = z.object({
  id: digestSchema,
  /** Names with their tags, as the engine shows them; none for a dangling image. */
  references: z.array(z.string()),
  /** Bytes, as the engine counts them. */
  size: z.number(),
  /** Milliseconds since 1970. */
  created: z.number(),
  /** Null where the engine did not say. */
  platform: platformSchema.nullable(),
  /** Containers that use it; null where the engine did not say. */
  containers: z.number().nullable(),
})
export type EngineImage = z.infer<typeof engineImageSchema>

/** Names of a registry: its repositories, or the tags of one of them. */
export const namesPageSchema = z.object({ names: z.array(z.string()), isTruncated: z.boolean() })
export type NamesPage = z.infer<typeof namesPageSchema>

/** One image that a reference leads to. */
export const remotePlatformSchema = z.object({
  platform: platformSchema,
  digest: digestSchema,
  /** Bytes to fetch: the layers as they are stored. Null where its manifest was not looked at. */
  size: z.number().nullable(),
  layers: z.number().int().nullable(),
  /** The one that is taken where nobody chooses. */
  isDefault: z.boolean(),
})
export type RemotePlatform = z.infer<typeof remotePlatformSchema>

/** What a reference leads to, before anything large is moved. */
export const resolvedSchema = z.object({
  /** The full reference. */
  reference: z.string(),
  /** Of the manifest or index that the reference names. */
  digest: digestSchema,
  platforms: z.array(remotePlatformSchema),
  /** Statements about how the images were built, set aside. */
  attestations: z.number().int(),
})
export type Resolved = z.infer<typeof resolvedSchema>

/** Where a sign-in may be kept: for as long as the program runs, by the user's own credential helper, or encrypted by the system. */
export const keepSchema = z.enum(['session', 'helper', 'system'])
export type Keep = z.infer<typeof keepSchema>

/** A user of one registry. `secret` is a password or an access token; it goes to that registry and nowhere else. */
export const signInSchema = z.object({
  /** Its host and port, as references name it; `*` for whichever registry a command names. */
  registry: z.string().min(1),
  username: z.string(),
  secret: z.string().min(1),
})
export type SignIn = z.infer<typeof signInSchema>
