import type { Layer } from '../../image/element.ts'

/** Of a layer that shows no content the entries count all the same: directories, owners, what is deleted. */
export async function verifyThrough(layer: Layer, signal: AbortSignal): Promise<void> {
  if (layer.isVerified) return
  if (layer.readThrough) await layer.readThrough(undefined, signal)
  else for await (const _ of layer.stream(signal));
}
