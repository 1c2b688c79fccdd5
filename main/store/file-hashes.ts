import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import type { FileHashes, HashStore } from '../image/cache.ts'
import { clearLeftovers, temporaryName } from './owner.ts'

const MAGIC = Buffer.from('occystrap hashes 1\n', 'latin1')
const HASH = 32
/** Bytes of all files: the hashes of some thirty million. */
const DEFAULT_LIMIT = 1024 ** 3

/**
 * The SHA-256 of each file of the layers that were read through for it: one immutable file per diffID, of a magic, the sha256 of the
 * rest, the number of files, their rows and their hashes. What is damaged is as good as absent, and removed.
 */
export class FileHashStore implements HashStore {
  readonly #folder: string
  readonly #limit: number
  #isTidied = false

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#folder = folder
    this.#limit = options.limit ?? DEFAULT_LIMIT
  }

  async has(diffID: Digest): Promise<boolean> {
    return stat(this.#pathOf(diffID)).then(
      () => true,
      () => false,
    )
  }

  async put(diffID: Digest, { rows, hashes }: FileHashes): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await this.#tidy()
    const count = Buffer.alloc(4)
    count.writeUInt32LE(rows.length)
    const parts = [count, Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength), hashes]
    const temporary = join(this.#folder, temporaryName(hexOf(diffID)))
    try {
      await writeFile(temporary, [MAGIC, sumOf(parts), ...parts], { flag: 'wx', mode: 0o600 })
      await rename(temporary, this.#pathOf(diffID))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  async rowsOf(diffID: Digest, sha256: string): Promise<Int32Array | undefined> {
    const path = this.#pathOf(diffID)
    const file = await readFile(path).catch(() => undefined)
    if (!file) return undefined
    const found = foundIn(file, Buffer.from(sha256, 'hex'))
    if (!found) await rm(path, { force: true })
    return found
  }

  /** Bytes it takes. */
  async size(): Promise<number> {
    return (await this.#files()).reduce((sum, file) => sum + file.size, 0)
  }

  /** Removes everything; answers the bytes freed. */
  async clear(): Promise<number> {
    const files = await this.#files()
    for (const { path } of files) await rm(path, { force: true })
    return files.reduce((sum, file) => sum + file.size, 0)
  }

  #pathOf(diffID: Digest): string {
    return join(this.#folder, hexOf(diffID))
  }

  /** Once per process: clears what died half-written, and the oldest beyond the limit. */
  async #tidy(): Promise<void> {
    if (this.#isTidied) return
    this.#isTidied = true
    await clearLeftovers(this.#folder)
    let kept = 0
    for (const file of (await this.#files()).sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      kept += file.size
      if (kept > this.#limit) await rm(file.path, { force: true })
    }
  }

  async #files(): Promise<{ path: string; size: number; mtimeMs: number }[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const files = []
    for (const name of names.filter((one) => /^[0-9a-f]{64}$/.test(one))) {
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found) files.push({ path, size: found.size, mtimeMs: found.mtimeMs })
    }
    return files
  }
}

function sumOf(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The rows whose file has the hash; undefined where the store's file is damaged. */
function foundIn(file: Buffer, wanted: Buffer): Int32Array | undefined {
  const start = MAGIC.length + HASH
  if (file.length < start + 4 || !file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const body = file.subarray(start)
  const count = body.readUInt32LE(0)
  const isWhole = body.length === 4 + count * (4 + HASH)
  if (!isWhole || !sumOf([body]).equals(file.subarray(MAGIC.length, start))) return undefined
  const hashes = body.subarray(4 + 4 * count)
  const rows: number[] = []
  for (let at = hashes.indexOf(wanted); at >= 0; at = hashes.indexOf(wanted, at + 1))
    if (at % HASH === 0) rows.push(body.readInt32LE(4 + (4 * at) / HASH))
  return Int32Array.from(rows)
}
