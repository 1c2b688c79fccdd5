import { z } from 'zod'
import { isDigest, type Digest } from './digest.ts'

/*
 * What is read of images: apart from all that is made of them for the wire, as a short command builds each schema that it loads.
 */

export const digestSchema = z.custom<Digest>(isDigest, 'not a sha256 digest')

export const platformSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
})

/** The `config` of the image config (image-spec, config.md), as far as the window and `info` use it; the rest is kept as it came. */
export const containerConfigSchema = z.looseObject({
  User: z.string().nullish(),
  ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  Env: z.array(z.string()).nullish(),
  Entrypoint: z.array(z.string()).nullish(),
  Cmd: z.array(z.string()).nullish(),
  Volumes: z.record(z.string(), z.unknown()).nullish(),
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
})
