import type { Digest } from '../../shared/digest.ts'
import type { ErrorReport } from '../../shared/errors.ts'
import type { FileHashes } from './cache.ts'
import type { Compression } from './compression.ts'
import type { LayerTarget } from './element.ts'
import type { EntryColumns } from './entry-table.ts'
import { entryFile } from './entry-file.ts'
import { onThread } from './threads.ts'

/** A layer to be read through on a thread, as data. Threads of one process share its descriptors. */
export interface LayerReading {
  readonly diffID: Digest
  readonly name: string
  readonly fd: number
  readonly offset: number
  /** Bytes as stored. */
  readonly size: number
  readonly compression: Compression
  readonly digest: Digest | undefined
  readonly wantsEntries: boolean
  /** Of files, by SHA-256; the entries come with them. */
  readonly wantsHashes: boolean
  /** Where a `LayerSpool` of it is to be made; with entries, and without hashes. */
  readonly spoolFolder?: string | undefined
  readonly target: LayerTarget | undefined
  /** Of a SharedProgress, which says how far the bytes may be read. */
  readonly progress: SharedArrayBuffer
}

export interface LayerRead {
  /** Bytes of the uncompressed tar. */
  readonly size: number
  /** Where they were wanted: the entries, or why they could not be read. */
  readonly entries?: EntryColumns
  readonly hashes?: FileHashes | undefined
  /** Whether the spool is whole: not where there was no room for it. */
  readonly isSpooled?: boolean | undefined
  readonly failure?: ErrorReport
}

/** Reads a layer through on a thread of its own. */
export const readOnThread = onThread<LayerReading, LayerRead>(entryFile('layer-thread', import.meta.url))
