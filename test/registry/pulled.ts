import { createCipheriv } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'
import type { RegistrySource } from '../../shared/uri.ts'
import type { Traffic } from '../../main/image/element.ts'
import type { InputContext } from '../../main/inputs/input-context.ts'
import { RegistryImage } from '../../main/inputs/registry/registry.ts'
import { bytesOf } from '../support/collect.ts'
import { sha256 } from '../support/digests.ts'
import { testTask, type TestTask } from '../support/task.ts'

export interface Pulled {
  readonly imageID: Digest
  /** Of the bytes that the layers gave. */
  readonly diffIDs: readonly Digest[]
  readonly traffic: Traffic
  readonly task: TestTask
}

/** An image with all of its layers, as an output takes them. */
export async function pull(
  context: InputContext,
  image: string | Omit<RegistrySource, 'kind'>,
  task = testTask(),
): Promise<Pulled> {
  const spec = { kind: 'registry', ...(typeof image === 'string' ? { image } : image) } as const
  await using input = await RegistryImage.open(spec, context, task)
  const diffIDs: Digest[] = []
  let imageID: Digest | undefined
  for await (const [type, name, data] of input.fetch(() => 'again', task)) {
    if (type === 'config') imageID = name
    else if (data) diffIDs.push(sha256(await bytesOf(data.stream(task.signal))))
  }
  if (!imageID) throw new Error('there was no config')
  return { imageID, diffIDs, traffic: input.traffic, task }
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(length: number, seed = 'noise'): Buffer {
  const key = Buffer.alloc(16, seed)
  return createCipheriv('aes-128-ctr', key, key).update(Buffer.alloc(length))
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
