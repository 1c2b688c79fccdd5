import { entryFile } from './entry-file.ts'
import type { LayerRead, LayerReading, LayerThreads } from './layer-reading.ts'
import { Threads } from './threads.ts'

/** Threads that read layers through. */
export function layerThreads(): LayerThreads {
  return new Threads<LayerReading, LayerRead>(entryFile('layer-thread', import.meta.url))
}
