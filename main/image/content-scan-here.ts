import { setImmediate } from 'node:timers/promises'
import type { ContentQuery } from '../../shared/query.ts'
import type { ScanOptions } from './content-scan.ts'
import type { ByteRange, Layer } from './element.ts'
import { SearchBudget } from './entry-search.ts'
import { FileScanner } from './file-scanner.ts'
import type { ScanFiles } from './scan-files.ts'

/** The same as `scanContents` on this thread, for a layer whose bytes are in no file: in slices, of which none may take long. */
export async function scanHere(
  layer: Layer,
  query: ContentQuery,
  files: ScanFiles,
  { signal, onFindings, onProgress, limits }: Omit<ScanOptions, 'patience'>,
): Promise<void> {
  const scanner = new FileScanner(query, files, limits)
  const budget = new SearchBudget(signal, Infinity)
  const ranges: ByteRange[] = Array.from(files.rows, (_, index) => ({
    offset: files.offsets[index] as number,
    length: files.sizes[index] as number,
  }))
  let done = 0
  for await (const [index, body] of layer.contents(ranges, signal)) {
    scanner.begin(index)
    for await (const { buffer, byteOffset, byteLength } of body) {
      const bytes = Buffer.from(buffer, byteOffset, byteLength)
      let isWanted = false
      budget.run(() => (isWanted = scanner.push(bytes)))
      if (!isWanted) break
      // Nobody else is answered while this goes on.
      await setImmediate()
      signal.throwIfAborted()
    }
    done += (ranges[index] as ByteRange).length
    onProgress(done)
    if (scanner.hasFindings) onFindings(scanner.take())
  }
  onFindings(scanner.take())
}
