import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { nameOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { defaultEngine } from '../docker/choose-engine.ts'
import { parseEngineAddress } from '../docker/engine-address.ts'
import { indexLayers, type IndexedImage } from '../engine/index-layers.ts'
import { runJob } from '../engine/run-job.ts'
import { DONE, FAILED } from './failure.ts'
import type { Session } from './session.ts'

/** Reads the layers of images, or of all of an engine's, into the index: what `search --all` searches. */
export async function indexImages(
  session: Session,
  sources: readonly string[],
  /** `true` is the default engine. */
  { engine }: { readonly engine?: string | true },
): Promise<number> {
  if (engine !== undefined) {
    if (sources.length > 0)
      throw new ImageError('usage', '--engine reads all images of an engine, and no other source.')
    return indexEngine(session, engine)
  }
  if (sources.length === 0)
    throw new ImageError('usage', 'Nothing says what to read.', { remedy: 'Give a source, or --engine.' })
  const specs: SourceSpec[] = []
  for (const source of sources) specs.push(await session.source(source))
  for (const spec of specs) await indexSource(session, spec)
  return DONE
}

async function indexSource(session: Session, source: SourceSpec): Promise<void> {
  const { task, workspace } = session
  await using input = await session.input(source)
  const indexed = await indexLayers(input, source, workspace, task)
  task.clear()
  if (!session.options.quiet) task.say(summary(source, indexed))
}

function summary(source: SourceSpec, { info, read }: IndexedImage): string {
  const name = visible(info.reference === undefined ? nameOfSource(source) : familiarName(info.reference))
  return read === 0 ? `every layer of ${name} was known already` : `read ${counted(read, 'layer')} of ${name}`
}

/** Some image that could not be read is a warning, and a failure of the whole. */
async function indexEngine(session: Session, engine: string | true): Promise<number> {
  const { task, workspace } = session
  const socket = engine === true ? await defaultEngine(task.signal) : parseEngineAddress(engine).text
  const {
    imagesRead = 0,
    imagesKnown = 0,
    imagesFailed = 0,
  } = await runJob({ kind: 'index-engine', socket }, workspace, task)
  task.clear()
  const parts = [
    `read ${counted(imagesRead, 'image')} of ${visible(socket)}`,
    ...(imagesKnown > 0 ? [`${imagesKnown} ${imagesKnown === 1 ? 'was' : 'were'} known already`] : []),
    ...(imagesFailed > 0 ? [`${imagesFailed} could not be read`] : []),
  ]
  if (!session.options.quiet) task.say(parts.join(', '))
  return imagesFailed > 0 ? FAILED : DONE
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
