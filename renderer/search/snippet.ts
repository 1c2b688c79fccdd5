import { visible } from '../../shared/path-bytes.ts'
import type { ContentHit } from '../../shared/query.ts'

export interface Snippet {
  readonly before: string
  readonly match: string
  readonly after: string
}

/** Characters of a line shown before its match, so that the match itself comes into view; and of each further part. */
const BEFORE = 24
const MOST = 400

/** The line of a hit, safe to show, cut so that the match is seen. */
export function snippetOf({ text, from, to }: Pick<ContentHit, 'text' | 'from' | 'to'>): Snippet {
  const before = text.slice(0, from).trimStart()
  const cut = before.length > BEFORE ? `…${before.slice(-BEFORE).trimStart()}` : before
  return { before: shown(cut), match: shown(text.slice(from, to)), after: shown(text.slice(to)) }
}

/** A tab is no wonder in a text: it takes its room. */
function shown(text: string): string {
  return visible(text.slice(0, MOST).toWellFormed().replaceAll('\t', '  '))
}
