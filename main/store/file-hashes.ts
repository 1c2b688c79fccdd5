import type { Digest } from '../../shared/digest.ts'
import type { FileHashes, HashStore } from '../image/cache.ts'
import { DigestFiles } from './digest-files.ts'
import { sealed, unsealed } from './sealed-file.ts'

const MAGIC = Buffer.from('occystrap hashes 1\n', 'latin1')
const HASH = 32
/** Bytes of all files: the hashes of some thirty million. */
const DEFAULT_LIMIT = 1024 ** 3

/**
 * The SHA-256 of each file of the layers that were read through for it: one immutable, sealed file per diffID, of the number of files,
 * their rows and their hashes. What is damaged is as good as absent, and removed.
 */
export class FileHashStore implements HashStore {
  readonly #files: DigestFiles

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#files = new DigestFiles(folder, options.limit ?? DEFAULT_LIMIT)
  }

  has(diffID: Digest): Promise<boolean> {
    return this.#files.has(diffID)
  }

  async put(diffID: Digest, { rows, hashes }: FileHashes): Promise<void> {
    const count = Buffer.alloc(4)
    count.writeUInt32LE(rows.length)
    const parts = [count, Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength), hashes]
    await this.#files.put(diffID, sealed(MAGIC, parts))
  }

  rowsOf(diffID: Digest, sha256: string): Promise<Int32Array | undefined> {
    return this.#files.read(diffID, (file) => foundIn(file, Buffer.from(sha256, 'hex')))
  }

  /** Bytes it takes. */
  size(): Promise<number> {
    return this.#files.size()
  }

  /** Removes everything; answers the bytes freed. */
  clear(): Promise<number> {
    return this.#files.clear()
  }
}

/** The rows whose file has the hash; undefined where the store's file is damaged. */
function foundIn(file: Buffer, wanted: Buffer): Int32Array | undefined {
  const body = unsealed(MAGIC, file)
  if (!body) return undefined
  const count = body.readUInt32LE(0)
  const hashes = body.subarray(4 + 4 * count)
  const rows: number[] = []
  for (let at = hashes.indexOf(wanted); at >= 0; at = hashes.indexOf(wanted, at + 1))
    if (at % HASH === 0) rows.push(body.readInt32LE(4 + (4 * at) / HASH))
  return Int32Array.from(rows)
}
