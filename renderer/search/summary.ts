import type { Found } from './found.ts'

/** What is known of the answers as a whole. */
export interface Summary {
  readonly found: Found | undefined
  /** What can be folded. */
  readonly heads: readonly string[]
  /** The answer to this question is on its way. */
  readonly isStale: boolean
}

export const nothing: Summary = { found: undefined, heads: [], isStale: true }
