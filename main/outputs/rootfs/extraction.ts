import type { MessagePort } from 'node:worker_threads'
import type { Digest } from '../../../shared/digest.ts'
import type { Compression } from '../../image/compression.ts'
import type { LossesData } from './losses.ts'

/** One layer's files to be written by a thread, as data. */
export interface Extraction {
  readonly root: string
  readonly place: string
  readonly isRoot: boolean
  readonly diffID: Digest
  readonly name: string
  readonly fd: number
  readonly offset: number
  /** Bytes as stored. */
  readonly size: number
  readonly compression: Compression
  /** As of a lent layer. */
  readonly isProven: boolean
  /** Where the content lies that has a file of its own; the file above is the pack of that spool. */
  readonly spool: string | undefined
  /** Of a SharedProgress. */
  readonly progress: SharedArrayBuffer
  /** Asked for the next batch by any message, it answers with one, or null after the last. */
  readonly port: MessagePort
}

export interface Extracted {
  readonly losses: LossesData
}
