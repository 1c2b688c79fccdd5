import { EverywhereSearch } from '../engine/everywhere-search.ts'
import { OpenedImage } from '../engine/opened-image.ts'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { EverywhereHit, KnownImage, SearchHit } from '../../shared/query.ts'
import { pathOfSource } from '../../shared/source-name.ts'
import { commandLineOf } from '../engine/command-line-of.ts'
import { allHits } from './all-hits.ts'
import { DONE, NOTHING_FOUND } from './failure.ts'
import { nameQuery, requirePattern, type SearchOptions } from './search-options.ts'
import { hitPrinter, type NamedImage } from './search-print.ts'
import type { Session } from './session.ts'

/**
 * Searches the names of every image that was opened before, as far as its layers are known: without its source where they have been read,
 * and else in its source, if its layers are at hand there.
 */
export async function searchAll(session: Session, pattern: string, options: SearchOptions): Promise<number> {
  const { output, task, workspace } = session
  if (options.content || (options.layer ?? []).length > 0)
    throw new ImageError('usage', '--all searches names, in all layers.', {
      remedy: 'Name a source for --content or --layer.',
    })
  const query = nameQuery(pattern, options)
  requirePattern(query, options)
  const everywhere = new EverywhereSearch(workspace)
  const print = hitPrinter(options, true)
  let isFound = false
  const write = async (
    hits: readonly SearchHit[],
    imageOf: (hit: SearchHit) => NamedImage,
  ): Promise<void> => {
    for (const hit of hits) for (const line of print(hit, imageOf(hit))) await output.line(line)
    isFound ||= hits.length > 0
  }
  const { images } = await everywhere.window({ query, images: [], offset: 0, limit: 0 }, task.signal)
  await using looks = new Looks(session)
  const rest = new Map(images.map((image) => [image.imageID, image]))
  for (const image of images) if (await looks.add(image)) rest.delete(image.imageID)
  warnOfPending(session, rest.values())
  const ids = [...rest.keys()]
  if (ids.length > 0)
    for await (const hits of allHits((range) =>
      everywhere.window({ query, images: ids, ...range }, task.signal),
    ))
      await write(hits, (hit) => rest.get((hit as EverywhereHit).imageID) as NamedImage)
  for (const image of looks.images)
    for await (const hits of allHits((range) => image.search(query, { layers: [], ...range }, task)))
      await write(hits, () => image.info)
  return isFound ? DONE : NOTHING_FOUND
}

/** Images that are searched in their files, as nobody has read them through yet. */
class Looks implements AsyncDisposable {
  readonly images: OpenedImage[] = []
  readonly #stack = new AsyncDisposableStack()
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Whether all of the image is at hand: its file lies where it was, is still that image, and holds its layers uncompressed. */
  async add({ imageID, pendingLayers, source }: KnownImage): Promise<boolean> {
    if (pendingLayers.length === 0 || pathOfSource(source) === undefined) return false
    const { workspace, task } = this.#session
    // What is wrong with it was said when it was opened.
    const quiet = { signal: task.signal, progress: () => {}, warn: () => {} }
    try {
      await using stack = new AsyncDisposableStack()
      const image = stack.use(await OpenedImage.open(source, workspace, quiet, { isOnlyALook: true }))
      const isAtHand = image.info.imageID === imageID && (await image.pendingLayers(quiet)).length === 0
      if (!isAtHand) return false
      this.#stack.use(stack.move())
      this.images.push(image)
      return true
    } catch {
      // One that cannot be read any more is named among those that nobody has read.
      task.signal.throwIfAborted()
      return false
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

/** What nobody has read cannot be searched. */
function warnOfPending(
  { task }: Session,
  images: Iterable<Pick<KnownImage, 'reference' | 'imageID' | 'pendingLayers' | 'source'>>,
): void {
  for (const { reference, imageID, pendingLayers, source } of images) {
    const { length } = pendingLayers
    if (length === 0) continue
    const what = length === 1 ? 'One layer' : `${length} layers`
    const verb = length === 1 ? 'has' : 'have'
    task.warn({
      code: 'pending',
      message: `${what} of ${visible(reference ?? imageID)} ${verb} not been read yet and cannot be searched. Read ${length === 1 ? 'it' : 'them'} with: ${commandLineOf({ kind: 'index', input: source })}`,
    })
  }
}
