import { stat } from 'node:fs/promises'
import { ImageError } from '../../shared/errors.ts'
import { pathOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'

/** Fails where both paths are one file or folder, by whatever names and links: an output must not eat its own input. */
export async function refuseSource(source: SourceSpec, destination: string): Promise<void> {
  const path = pathOfSource(source)
  if (path === undefined) return
  const [from, to] = await Promise.all([identityOf(path), identityOf(destination)])
  if (from !== undefined && from === to)
    throw new ImageError('exists', `${destination} is the source itself.`, { remedy: 'Choose another name.' })
}

async function identityOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats && `${stats.dev}:${stats.ino}`
}
