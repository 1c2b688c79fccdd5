import type { HashStore } from '../image/cache.ts'
import type { Layer } from '../image/element.ts'
import { TarScan } from '../image/tar-scan.ts'

/** Reads a layer through, verified, and keeps the hashes of its files, and its entries where they are not known. */
export async function readWithHashes(layer: Layer, store: HashStore, signal: AbortSignal): Promise<void> {
  if (layer.readThrough) {
    await layer.readThrough(undefined, signal, (hashes) => store.put(layer.diffID, hashes).catch(() => {}))
    return
  }
  const scan = new TarScan({ wantsHashes: true })
  for await (const chunk of layer.stream(signal)) scan.push(chunk)
  const scanned = scan.end()
  // What cannot be kept is computed again: no reason to fail.
  if ('table' in scanned && scanned.hashes) await store.put(layer.diffID, scanned.hashes).catch(() => {})
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
