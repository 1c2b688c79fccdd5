import { once } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import { plainTar, verifiedTar } from '../../image/layer-bytes.ts'
import { SharedProgress } from '../../image/shared-progress.ts'
import { storedBytes } from '../../image/stored-bytes.ts'
import { hostLibc } from './host-libc.ts'
import type { Extracted, Extraction } from './extraction.ts'
import type { FileBatch } from './file-batch.ts'
import { FileWriter } from './file-writer.ts'
import { Losses } from './losses.ts'
import { MetadataWriter } from './metadata.ts'
import { ByteCursor } from '../../image/byte-cursor.ts'

/** Unless it has been proven, the layer is read to its end and verified, whatever of it is wanted: nothing of one that is not what it is named is to stay. */
export async function perform(order: Extraction): Promise<Extracted> {
  const { diffID, name, compression, root, place, isRoot, spool, port } = order
  const progress = new SharedProgress(order.progress)
  const losses = new Losses()
  const metadata = new MetadataWriter(hostLibc(), isRoot, losses)
  const onProgress = (bytes: number): void => void (progress.done = bytes)
  const writer = new FileWriter({ root, place, metadata, spool, onProgress })
  const from = (position: number) => storedBytes(order, progress, position)
  const stored = { diffID, compression, digest: undefined, from }
  try {
    const options = { name, isBlocking: true }
    await using cursor = new ByteCursor(
      order.isProven ? plainTar(stored, options) : verifiedTar(stored, options),
      order.isProven && compression === 'none' ? from : undefined,
    )
    for await (const batch of batchesFrom(port)) {
      progress.throwIfStopped()
      await writer.write(batch, cursor)
    }
    if (!order.isProven) await cursor.finish()
  } finally {
    port.close()
  }
  return { losses: losses.data }
}

/** The next batch is made on the other side while this one is written. */
async function* batchesFrom(port: MessagePort): AsyncGenerator<FileBatch, void, undefined> {
  const next = async (): Promise<FileBatch | null> => {
    const answer = once(port, 'message')
    port.postMessage('next')
    const [batch] = (await answer) as [FileBatch | null]
    return batch
  }
  let coming = next()
  for (let batch = await coming; batch; batch = await coming) {
    coming = next()
    coming.catch(() => {})
    yield batch
  }
}
