import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileNameOf } from '../../shared/file-name.ts'
import { ImageError } from '../../shared/errors.ts'
import type { DraggedFile } from '../rpc/host-services.ts'

/** Bytes: a drag begins while the button is held, and larger files would take longer than that. */
const MOST = 64 * 1024 * 1024
const PIECE = 1024 * 1024

/**
 * Files on their way out of the window, to wherever they are dropped. The system drags what is on disk: each is written below a folder of
 * this session first, which goes with it.
 */
export class DragOut implements Disposable {
  readonly #tempDir: string
  readonly #startDrag: (file: string) => Promise<void>
  #folder: string | undefined

  /** `startDrag` hands a file to the system's drag. */
  constructor(tempDir: string, startDrag: (file: string) => Promise<void>) {
    this.#tempDir = tempDir
    this.#startDrag = startDrag
  }

  /** Fails with `limit` for a file that is too large to be dragged. */
  async start({ path, read }: DraggedFile): Promise<void> {
    let piece = await read(0, PIECE)
    if (piece.size > MOST)
      throw new ImageError('limit', `Files of more than ${MOST / 1024 ** 2} MiB cannot be dragged out.`, {
        remedy: 'Save it instead.',
      })
    this.#folder ??= mkdtempSync(join(this.#tempDir, 'occystrap-drag-'))
    const place = join(await mkdtemp(join(this.#folder, 'file-')), fileNameOf(path))
    const file = await open(place, 'wx', 0o600)
    try {
      for (let offset = 0; ; piece = await read(offset, PIECE)) {
        await file.writeFile(piece.bytes)
        offset += piece.bytes.length
        if (offset >= piece.size || piece.bytes.length === 0) break
      }
    } finally {
      await file.close()
    }
    await this.#startDrag(place)
  }

  [Symbol.dispose](): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}
