import { createHash } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'
import type { EntryTable } from './entry-table.ts'
import { digestOf, sha256Of } from './hashing.ts'

/**
 * The digest of all that folding looks at in a layer's entries. Some twenty times faster than folding, and right for entries that nobody
 * has verified, too: it says what they are, not where they come from.
 */
export function entriesDigest({ columns }: EntryTable): Digest {
  const { length, names, pathEnds, linkEnds, types, sizes, modes, uids, gids, rare } = columns
  const hash = createHash('sha256').update(`${length} ${names.byteLength}\n`)
  for (const column of [names, pathEnds, linkEnds, types, sizes, modes, uids, gids]) hash.update(column)
  for (const [row, { xattrs }] of rare)
    for (const [name, value] of Object.entries(xattrs ?? {}))
      hash.update(`\n${row} ${Buffer.byteLength(name)} ${value.byteLength} ${name}`).update(value)
  return digestOf(hash)
}

/** What the fates of an image with these layers are kept under; base first, each by its `entriesDigest`. */
export function fatesKey(layers: readonly Digest[]): Digest {
  return sha256Of(Buffer.from(layers.join('\n')))
}
