import { familiarName } from '../shared/reference.ts'
import type { SourceSpec } from '../shared/uri.ts'
import { baseName } from './parts/format.ts'

/** What an image goes by in the window: its first name, or that of its file. */
export function titleOf(source: SourceSpec, references: readonly string[] = []): string {
  const [reference] = references
  return reference === undefined ? baseName(source.path) : familiarName(reference)
}
