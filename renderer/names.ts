import { familiarReference, parseReference } from '../shared/reference.ts'
import type { SourceSpec } from '../shared/uri.ts'
import { baseName } from './parts/format.ts'

/** A reference as Docker shows it (`debian:12`); a text that is none stays as it is. */
export function familiar(reference: string): string {
  try {
    return familiarReference(parseReference(reference))
  } catch {
    return reference
  }
}

/** What an image goes by in the window: its first name, or that of its file. */
export function titleOf(source: SourceSpec, references: readonly string[] = []): string {
  const [reference] = references
  return reference === undefined ? baseName(source.path) : familiar(reference)
}
