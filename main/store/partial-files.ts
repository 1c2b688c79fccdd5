import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { CacheLease, PartialBlob } from '../image/cache.ts'
import { ownerMark, ownerState } from '../image/process-owner.ts'
import type { RoomGuard } from './room-guard.ts'

/** `<name>.part` waits for whoever fetches it on; `<name>.<owner>.<number>.part` is being written by its owner. */
const CLAIMED = /^(.+)\.([0-9a-f]{8}-\d{1,10}-\d{1,20})\.[0-9a-z]+\.part$/

let count = 0

/** Whether a file is the beginning of a blob, and if so whether somebody is at it now. */
export function partialState(name: string): 'none' | 'waiting' | 'in-use' {
  if (!name.endsWith('.part')) return 'none'
  const owner = CLAIMED.exec(name)?.[2]
  return owner === undefined || ownerState(owner) === 'dead' ? 'waiting' : 'in-use'
}

/** Takes over the longest beginning of that name, or starts a file; answers its path. Of several processes only one gets each file. */
export async function claimPartial(folder: string, name: string): Promise<string> {
  const claimed = join(folder, `${name}.${ownerMark()}.${(count++).toString(36)}.part`)
  for (const waiting of await waitingPartials(folder, name))
    if (await isRenamed(join(folder, waiting), claimed)) return claimed
  await (await open(claimed, 'wx', 0o600)).close()
  return claimed
}

/** Longest first. */
async function waitingPartials(folder: string, name: string): Promise<string[]> {
  const found: { name: string; size: number }[] = []
  for (const entry of await readdir(folder)) {
    const base = CLAIMED.exec(entry)?.[1] ?? entry.slice(0, -'.part'.length)
    if (base !== name || partialState(entry) !== 'waiting') continue
    const { size } = await stat(join(folder, entry)).catch(() => ({ size: -1 }))
    if (size >= 0) found.push({ name: entry, size })
  }
  return found.sort((a, b) => b.size - a.size).map((file) => file.name)
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    // Somebody else was quicker.
    () => false,
  )
}

/** The beginning of a blob in a file that this process has claimed. */
export class PartialFile implements PartialBlob {
  readonly path: string
  readonly #waitingPath: string
  readonly #publish: (path: string) => Promise<CacheLease>
  readonly #guard: RoomGuard
  #handle: FileHandle | undefined
  #size: number

  private constructor(parts: {
    readonly path: string
    readonly waitingPath: string
    readonly handle: FileHandle
    readonly size: number
    readonly guard: RoomGuard
    readonly publish: (path: string) => Promise<CacheLease>
  }) {
    this.path = parts.path
    this.#waitingPath = parts.waitingPath
    this.#handle = parts.handle
    this.#size = parts.size
    this.#guard = parts.guard
    this.#publish = parts.publish
  }

  static async open(
    folder: string,
    name: string,
    guard: RoomGuard,
    publish: (path: string) => Promise<CacheLease>,
  ): Promise<PartialFile> {
    const path = await claimPartial(folder, name)
    const handle = await open(path, 'r+')
    const { size } = await handle.stat()
    return new PartialFile({ path, waitingPath: join(folder, `${name}.part`), handle, size, guard, publish })
  }

  get size(): number {
    return this.#size
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    const handle = this.#open()
    let left = chunks
    while (left.length > 0) {
      const length = left.reduce((sum, chunk) => sum + chunk.length, 0)
      await this.#guard.spend(length)
      const { bytesWritten } = await handle.writev([...left], this.#size)
      this.#size += bytesWritten
      left = afterBytes(left, bytesWritten)
    }
  }

  async clear(): Promise<void> {
    await this.#open().truncate(0)
    this.#size = 0
  }

  async commit(): Promise<CacheLease> {
    await this.#open().sync()
    await this.#close()
    return this.#publish(this.path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#handle) return
    await this.#close()
    // For the next try of this process or another, unless somebody has left more; where it is gone already there is nothing to keep.
    const waiting = await stat(this.#waitingPath).catch(() => undefined)
    const isWorth = this.#size > (waiting?.size ?? 0)
    await (isWorth ? rename(this.path, this.#waitingPath) : rm(this.path, { force: true })).catch(() => {})
  }

  #open(): FileHandle {
    if (!this.#handle) throw new Error('written to after commit or disposal')
    return this.#handle
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

function afterBytes(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skip = count
  for (const [i, chunk] of chunks.entries()) {
    if (skip < chunk.length) return [chunk.subarray(skip), ...chunks.slice(i + 1)]
    skip -= chunk.length
  }
  return []
}
