import { FileSink } from './file-sink.ts'
import { Staging } from './staging.ts'
import { fileTarget } from './target.ts'

const STAGED = 'file'

/** Writes a stream to a file, whole or not at all, replacing a file of that name; answers its size. */
export async function saveFile(path: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  const target = await fileTarget(path, { overwrite: true })
  await using staging = await Staging.create(target.folder)
  await using sink = await FileSink.create(staging.file(STAGED), target.folder)
  await sink.writeAll(source)
  await sink.close()
  await staging.commit(STAGED, target.path, { overwrite: true })
  return sink.position
}
