import { EverywhereSearch } from '../engine/everywhere-search.ts'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { KnownImage } from '../../shared/query.ts'
import { commandLineOf } from '../engine/command-line-of.ts'
import { DONE, NOTHING_FOUND } from './failure.ts'
import { nameQuery, requirePattern, type SearchOptions } from './search-options.ts'
import { groupedPrinter, jsonPrinter, scriptLine, type NamedImage } from './search-print.ts'
import type { Session } from './session.ts'

const WINDOW = 1000

/** Searches the names of every image that was opened before, as far as its layers are known. */
export async function searchAll(session: Session, pattern: string, options: SearchOptions): Promise<number> {
  const { output, task, workspace } = session
  if (options.content || (options.layer ?? []).length > 0)
    throw new ImageError('usage', '--all searches names, in all layers.', {
      remedy: 'Name a source for --content or --layer.',
    })
  const query = nameQuery(pattern, options)
  requirePattern(query, options)
  const everywhere = new EverywhereSearch(workspace)
  const print = options.json ? jsonPrinter() : groupedPrinter(true)
  for (let offset = 0; ; offset += WINDOW) {
    const window = await everywhere.window({ query, images: [], offset, limit: WINDOW }, task.signal)
    if (offset === 0) warnOfPending(session, window.images)
    const images = new Map(window.images.map((image) => [image.imageID, image]))
    for (const hit of window.hits) {
      const image: NamedImage = images.get(hit.imageID) ?? { imageID: hit.imageID }
      if (options.scriptFriendly) await output.line(scriptLine(image, hit))
      else for (const line of print(hit, image)) await output.line(line)
    }
    if (offset + WINDOW >= window.total) return window.total > 0 ? DONE : NOTHING_FOUND
  }
}

/** What nobody has read cannot be searched. */
function warnOfPending(
  { task }: Session,
  images: readonly Pick<KnownImage, 'reference' | 'imageID' | 'pendingLayers' | 'source'>[],
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
