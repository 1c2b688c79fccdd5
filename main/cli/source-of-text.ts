import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ImageError } from '../../shared/errors.ts'
import { isUri, parseSource } from '../../shared/source-uri.ts'
import type { SourceSpec } from '../../shared/uri.ts'

/** A source as typed, be it a URI or a bare path: a folder is a layout or a directory of images by what it holds, a file a tarball. */
export async function sourceOfText(text: string, cwd: string): Promise<SourceSpec> {
  return isUri(text) ? parseSource(text, cwd) : sourceOfPath(resolve(cwd, text), text)
}

async function sourceOfPath(path: string, text: string): Promise<SourceSpec> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats)
    throw new ImageError('not-found', `${text} does not exist.`, {
      remedy: 'Name a tarball, an OCI layout folder or a directory of images.',
    })
  if (!stats.isDirectory()) return { kind: 'tar', path }
  const isLayout = await stat(join(path, 'oci-layout')).catch(() =>
    stat(join(path, 'index.json')).catch(() => undefined),
  )
  return { kind: isLayout ? 'layout' : 'dir', path }
}
