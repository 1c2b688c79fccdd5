import type { FileHashes, HashStore } from '../image/cache.ts'
import type { Layer } from '../image/element.ts'
import { FileHashing, TarScan } from '../image/tar-scan.ts'

/** Reads a layer through, verified; gives the hashes of its files to be kept, and keeps its entries where they are not known. */
export async function readWithHashes(
  layer: Layer,
  keep: (hashes: FileHashes) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (layer.readThrough) {
    await layer.readThrough(undefined, signal, keep)
    return
  }
  const hashing = new FileHashing()
  const scan = new TarScan(hashing)
  for await (const chunk of layer.stream(signal)) scan.push(chunk)
  const scanned = scan.end()
  if ('table' in scanned) await keep(hashing.hashes())
}

/** Those of some rows of a layer, ascending, whose file has a hash; none where the hashes are not known. */
export async function rowsWithHash(
  rows: Int32Array,
  { diffID }: Pick<Layer, 'diffID'>,
  sha256: string | undefined,
  store: HashStore,
): Promise<Int32Array> {
  if (sha256 === undefined || rows.length === 0) return rows
  const wanted = new Set(await store.rowsOf(diffID, sha256))
  return rows.filter((row) => wanted.has(row))
}
