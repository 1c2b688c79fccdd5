import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { HostFiles } from './host-files.ts'

/** A named engine of the docker command's (docs.docker.com, “Docker contexts”). */
export interface DockerContext {
  readonly name: string
  readonly host: string
  /** The folder with its ca.pem, cert.pem and key.pem; there or not. */
  readonly certificates: string
  readonly isUnchecked: boolean
}

const configSchema = z.object({ currentContext: z.string().nullish() })
const metaSchema = z.object({
  Name: z.string().min(1),
  Endpoints: z.object({
    docker: z.object({ Host: z.string().min(1), SkipTLSVerify: z.boolean().nullish() }),
  }),
})

/** The contexts that the user made; the built-in one, `default`, is none of them. What cannot be read is not there. */
export function dockerContexts(folder: string, files: HostFiles): DockerContext[] {
  const metas = join(folder, 'contexts', 'meta')
  return files.list(metas).flatMap((id) => {
    const meta = metaSchema.safeParse(parsed(files.read(join(metas, id, 'meta.json')))).data
    if (!meta) return []
    const { docker } = meta.Endpoints
    return [
      {
        name: meta.Name,
        host: docker.Host,
        certificates: join(folder, 'contexts', 'tls', idOf(meta.Name), 'docker'),
        isUnchecked: docker.SkipTLSVerify ?? false,
      },
    ]
  })
}

/** The context that the docker command takes where nothing else is said; undefined for the built-in one. */
export function currentContext(folder: string, files: HostFiles): string | undefined {
  const name = configSchema.safeParse(parsed(files.read(join(folder, 'config.json')))).data?.currentContext
  return name && name !== 'default' ? name : undefined
}

/** docker/cli, context/store: a context's folder is the digest of its name. */
function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

export function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
