import { isDigest, shortDigest } from '../shared/digest.ts'
import { familiarName } from '../shared/reference.ts'
import { nameOfSource } from '../shared/source-name.ts'
import type { SourceSpec } from '../shared/uri.ts'

/**
 * What an image goes by in the window. One of a registry or an engine is called what it was asked for by, unless that is an ID; one of
 * a file or folder by its first name, or else as its file is.
 */
export function titleOf(source: SourceSpec, references: readonly string[] = []): string {
  const isAsked = isRemote(source) && !isDigest(source.image)
  const [reference] = references
  if (reference !== undefined && !isAsked) return familiarName(reference)
  const name = nameOfSource(source)
  return isDigest(name) ? shortDigest(name) : name
}

/** Whether an image comes over a connection, so that its bytes are fetched only when somebody needs them. */
export function isRemote(
  source: SourceSpec,
): source is Extract<SourceSpec, { readonly kind: 'registry' | 'docker' }> {
  return source.kind === 'registry' || source.kind === 'docker'
}
