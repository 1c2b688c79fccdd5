import type { ImageElement, ImageInput, Layer, Need } from '../../main/image/element.ts'
import { testTask } from './task.ts'

/** All bytes of a stream, copied: a chunk is the source's again once the next one is asked for. */
export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** All layers of an image that are not skipped; they may be used until the input is disposed. */
export async function layersOf(input: ImageInput, need: Need = 'again'): Promise<Layer[]> {
  const layers: Layer[] = []
  for await (const [, , data] of input.fetch(() => need, testTask()))
    if (data && 'diffID' in data) layers.push(data)
  return layers
}

export async function elementsOf(input: ImageInput, need: Need = 'again'): Promise<ImageElement[]> {
  const elements: ImageElement[] = []
  for await (const element of input.fetch(() => need, testTask())) elements.push(element)
  return elements
}
