import { access, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfHex, hexOf, type Digest } from '../../shared/digest.ts'
import { clearLeftovers, temporaryName } from './owner.ts'

interface DigestFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly mtimeMs: number
}

/**
 * A folder with one file for each digest. Any number of processes may use it at once: a file appears by rename, whole or not at all. Nothing
 * is synced: what a power cut spoils, a checksum in the file has to find. Beyond its limit of bytes the files used least recently, by their
 * time, are removed.
 */
export class DigestFiles {
  readonly #folder: string
  readonly #limit: number
  #isTidied = false

  constructor(folder: string, limit: number) {
    this.#folder = folder
    this.#limit = limit
  }

  async has(digest: Digest): Promise<boolean> {
    return access(this.#pathOf(digest)).then(
      () => true,
      () => false,
    )
  }

  /** Every digest that has a file, damaged or not. */
  async all(): Promise<ReadonlySet<Digest>> {
    const names = await readdir(this.#folder).catch(() => [])
    return new Set(names.flatMap((name) => digestOfHex(name) ?? []))
  }

  /** What `decode` makes of the file, which is used now; one that it answers undefined for is damaged, and removed. */
  async read<T>(digest: Digest, decode: (file: Buffer) => T | undefined): Promise<T | undefined> {
    const path = this.#pathOf(digest)
    const file = await readFile(path).catch(() => undefined)
    if (!file) return undefined
    const content = decode(file)
    if (content === undefined) {
      await rm(path, { force: true })
      return undefined
    }
    // A folder that cannot be written still answers.
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    return content
  }

  async put(digest: Digest, bytes: Uint8Array): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await this.#tidy()
    const temporary = join(this.#folder, temporaryName(hexOf(digest)))
    try {
      await writeFile(temporary, bytes, { flag: 'wx', mode: 0o600 })
      await rename(temporary, this.#pathOf(digest))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Bytes of all files. */
  async size(): Promise<number> {
    return (await this.#files()).reduce((sum, file) => sum + file.size, 0)
  }

  /** Removes everything; answers the bytes freed. */
  async clear(): Promise<number> {
    const files = await this.#files()
    for (const { path } of files) await rm(path, { force: true })
    return files.reduce((sum, file) => sum + file.size, 0)
  }

  /** Once per process: clears what died half-written, and the least recently used beyond the limit. */
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

  #pathOf(digest: Digest): string {
    return join(this.#folder, hexOf(digest))
  }

  async #files(): Promise<DigestFile[]> {
    const files = []
    for (const digest of await this.all()) {
      const path = this.#pathOf(digest)
      const found = await stat(path).catch(() => undefined)
      if (found) files.push({ path, size: found.size, mtimeMs: found.mtimeMs })
    }
    return files
  }
}
