import type { Layer } from '../image/element.ts'

/** Reads a layer through that nobody has checked yet, so that pieces of it may be kept. Fails with `digest-mismatch`. */
export async function verifyLayer(layer: Layer, signal: AbortSignal): Promise<void> {
  if (layer.isVerified) return
  for await (const _ of layer.stream(signal));
}
