import { readSync } from 'node:fs'
import { ImageError } from '../../shared/errors.ts'
import type { ContentScan, ContentScanned } from './content-scan.ts'
import { FileScanner, type Findings } from './file-scanner.ts'
import { plainTar } from './layer-bytes.ts'
import { Pulse } from './pulse.ts'
import type { ScanFiles } from './scan-files.ts'
import { SharedProgress } from './shared-progress.ts'
import { storedBytes } from './stored-bytes.ts'
import { HEAD } from './text-form.ts'

/** Bytes read at once. */
const CHUNK = 1024 * 1024
/** Files up to this size are read with their neighbours; of larger ones the beginning first, as most are not text. */
const SMALL = 128 * 1024
/** What is read for nothing rather than to read twice. */
const GAP = 32 * 1024
/** Milliseconds between two messages. */
const INTERVAL = 100

/** Searches files of a layer, on a thread. */
export async function perform(scan: ContentScan): Promise<ContentScanned> {
  const scanning = new Scanning(scan)
  try {
    if (scan.compression === 'none') scanning.readInPlace()
    else await scanning.inflate()
  } finally {
    scan.port.close()
  }
  return { rest: scanning.takeRest() }
}

class Scanning {
  readonly #scan: ContentScan
  readonly #files: ScanFiles
  readonly #scanner: FileScanner
  readonly #progress: SharedProgress
  readonly #pulse: Pulse
  readonly #buffer: Buffer
  #sent = performance.now()

  constructor(scan: ContentScan) {
    this.#scan = scan
    this.#files = scan.files
    this.#scanner = new FileScanner(scan.query, scan.files, scan.limits)
    this.#progress = new SharedProgress(scan.progress)
    this.#pulse = new Pulse(scan.pulse)
    this.#buffer = Buffer.allocUnsafeSlow(CHUNK)
  }

  /** What was not sent. */
  takeRest(): Findings {
    return this.#scanner.take()
  }

  readInPlace(): void {
    const { rows } = this.#files
    for (let first = 0; first < rows.length;) {
      this.#progress.throwIfStopped()
      const next = this.#neighbours(first)
      if (next > first) this.#searchSmall(first, next)
      else this.#searchLarge(first)
      first = Math.max(next, first + 1)
      this.#send()
    }
  }

  /** One pass over the layer; what lies between the files goes by. */
  async inflate(): Promise<void> {
    const { diffID, compression, name } = this.#scan
    const from = (position: number): AsyncIterable<Uint8Array> =>
      storedBytes(this.#scan, this.#progress, position)
    const tar = plainTar({ diffID, compression, digest: undefined, from }, { name, isBlocking: true })
    const { rows, offsets, sizes } = this.#files
    let index = 0
    let at = 0
    let isWanted = true
    this.#scanner.begin(0)
    for await (const chunk of tar) {
      const bytes = bufferOf(chunk)
      const end = at + bytes.length
      while (index < rows.length) {
        const start = offsets[index] as number
        const fileEnd = start + (sizes[index] as number)
        if (start >= end) break
        const piece = bytes.subarray(Math.max(start - at, 0), Math.min(fileEnd - at, bytes.length))
        if (isWanted) isWanted = this.#push(piece)
        this.#progress.done += piece.length
        if (fileEnd > end) break
        index++
        isWanted = true
        if (index < rows.length) this.#scanner.begin(index)
      }
      this.#send()
      if (index === rows.length) return
      at = end
    }
    throw this.#truncated()
  }

  /** The first of those that are not read together with the one given; that one itself where it is read alone. */
  #neighbours(first: number): number {
    const { rows, offsets, sizes } = this.#files
    const start = offsets[first] as number
    let index = first
    for (let end = start; index < rows.length; index++) {
      const size = sizes[index] as number
      const offset = offsets[index] as number
      if (size > SMALL || offset + size - start > CHUNK || offset - end > GAP) break
      end = offset + size
    }
    return index
  }

  #searchSmall(first: number, next: number): void {
    const { offsets, sizes } = this.#files
    const start = offsets[first] as number
    const bytes = this.#read(start, (offsets[next - 1] as number) + (sizes[next - 1] as number) - start)
    let done = 0
    this.#pulse.during(() => {
      for (let index = first; index < next; index++) {
        const at = (offsets[index] as number) - start
        const size = sizes[index] as number
        this.#scanner.begin(index)
        this.#scanner.push(bytes.subarray(at, at + size))
        done += size
      }
    })
    this.#progress.done += done
  }

  #searchLarge(index: number): void {
    const offset = this.#files.offsets[index] as number
    const size = this.#files.sizes[index] as number
    const isAll = this.#scan.query.isBinary
    this.#scanner.begin(index)
    const { done } = this.#progress
    for (let at = 0; at < size;) {
      const bytes = this.#read(offset + at, Math.min(at === 0 && !isAll ? HEAD : CHUNK, size - at))
      if (!this.#push(bytes)) break
      at += bytes.length
      this.#progress.done = done + at
      this.#send()
    }
    this.#progress.done = done + size
  }

  #push(bytes: Buffer): boolean {
    this.#progress.throwIfStopped()
    return this.#pulse.during(() => this.#scanner.push(bytes))
  }

  #read(position: number, length: number): Buffer {
    const { fd, offset, size } = this.#scan
    if (position + length > size) throw this.#truncated()
    let got = 0
    while (got < length) {
      const count = readSync(fd, this.#buffer, got, length - got, offset + position + got)
      if (count === 0) throw this.#truncated()
      got += count
    }
    return this.#buffer.subarray(0, length)
  }

  #send(): void {
    if (!this.#scanner.hasFindings) return
    const now = performance.now()
    if (now - this.#sent < INTERVAL) return
    this.#sent = now
    this.#scan.port.postMessage(this.#scanner.take())
  }

  #truncated(): ImageError {
    return new ImageError('truncated', `${this.#scan.name} ends before it should.`, {
      remedy: 'The file may be incomplete or have changed; fetch or save it again.',
    })
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
