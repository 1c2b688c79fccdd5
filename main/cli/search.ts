import { ImageError } from '../../shared/errors.ts'
import type { SearchQuery } from '../../shared/query.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { OpenedImage } from '../engine/opened-image.ts'
import { allHits } from './all-hits.ts'
import { DONE, NOTHING_FOUND } from './failure.ts'
import { dockerSource, registrySource } from './named-source.ts'
import { openListed, typedLayer } from './opened.ts'
import { contentQuery, nameQuery, requirePattern, type SearchOptions } from './search-options.ts'
import { hitPrinter, scriptLine, type Printer } from './search-print.ts'
import type { Session } from './session.ts'

/** Lines that are printed: those that have yet to be printed are in memory. */
const LIMITS = { perLayer: 1_000_000, perFile: 1_000_000 }

export async function search(
  session: Session,
  given: readonly string[],
  options: SearchOptions,
): Promise<number> {
  const sources = given.slice(0, -1)
  const pattern = given.at(-1) ?? ''
  if (options.all) {
    if (sources.length > 0)
      throw new ImageError('usage', '--all searches what was opened before, and no other source.')
    const { searchAll } = await import('./search-all.ts')
    return searchAll(session, pattern, options)
  }
  if (sources.length === 0)
    throw new ImageError('usage', 'Nothing says what to search.', {
      remedy: 'Give a source and a pattern, or --all and a pattern.',
    })
  const specs: SourceSpec[] = []
  for (const source of sources) specs.push(await session.source(source))
  return searchSources(session, specs, pattern, options)
}

export async function searchRegistry(
  session: Session,
  [registry = '', image = '', tag = '', pattern = '']: readonly string[],
  options: SearchOptions,
): Promise<number> {
  const source = session.withOptions(registrySource(registry, image, tag))
  return searchSources(session, [source], pattern, options)
}

export async function searchDocker(
  session: Session,
  [image = '', tag = '', pattern = '']: readonly string[],
  options: SearchOptions & { readonly socket?: string },
): Promise<number> {
  const source = session.withOptions(dockerSource(image, tag, options.socket))
  return searchSources(session, [source], pattern, options)
}

async function searchSources(
  session: Session,
  sources: readonly SourceSpec[],
  pattern: string,
  options: SearchOptions,
): Promise<number> {
  const query = nameQuery(pattern, options)
  requirePattern(query, options)
  const print = hitPrinter(options, sources.length > 1)
  let isFound = false
  for (const source of sources) {
    const isQuick =
      options.scriptFriendly &&
      !options.content &&
      (options.layer ?? []).length === 0 &&
      !needsAllLayers(query)
    const isFoundHere = isQuick
      ? await printAsFound(session, source, query)
      : await printWithFates(session, source, pattern, options, print)
    isFound ||= isFoundHere
  }
  return isFound ? DONE : NOTHING_FOUND
}

/** `image:tag:layer:path`, each layer's matches as soon as it is listed. */
async function printAsFound(session: Session, source: SourceSpec, query: SearchQuery): Promise<boolean> {
  const { output, task, workspace } = session
  const [{ LayerSearcher }, { pipe }] = await Promise.all([
    import('../filters/search.ts'),
    import('../image/pipe.ts'),
  ])
  await using input = await session.input(source)
  const image = await input.inspect(task)
  let isFound = false
  await using searcher = new LayerSearcher({
    query,
    index: workspace.index,
    signal: task.signal,
    async onLayer({ diffID, table, rows }) {
      task.clear()
      for (const row of rows) {
        isFound = true
        await output.line(scriptLine(image, { diffID, path: table.path(row) }))
      }
      await output.flush()
    },
  })
  await pipe(input, searcher, task)
  await workspace.catalogue.remember(image, source).catch(() => {})
  return isFound
}

/** What became of a file is known when all layers are. */
async function printWithFates(
  session: Session,
  source: SourceSpec,
  pattern: string,
  options: SearchOptions,
  print: Printer,
): Promise<boolean> {
  const { output } = session
  await using image = await openListed(session, source)
  const layers = (options.layer ?? []).map((text) => typedLayer(text, image) as number)
  let isFound = false
  for await (const hit of hitsOf(session, image, pattern, layers, options)) {
    isFound = true
    for (const line of print(hit, image.info)) await output.line(line)
  }
  return isFound
}

async function* hitsOf(
  session: Session,
  image: OpenedImage,
  pattern: string,
  layers: readonly number[],
  options: SearchOptions,
) {
  const { task } = session
  if (options.content) {
    const lines = image.contentHits(contentQuery(pattern, options), task, { layers, limits: LIMITS })
    for (;;) {
      const { done, value } = await lines.next()
      if (done) {
        if (value.total > value.kept) task.warn({ code: 'limit', message: truncated(value) })
        return
      }
      yield* value
    }
  }
  const query = nameQuery(pattern, options)
  for await (const hits of allHits((range) => image.search(query, { layers, ...range }, task))) yield* hits
}

function truncated({ total, kept }: { readonly total: number; readonly kept: number }): string {
  return `These are ${kept} of ${total} lines that match, the first of each layer.`
}

/** Whether more is asked than one layer's entries say. */
function needsAllLayers({ filter }: SearchQuery): boolean {
  return filter.fates.length > 0 || filter.sha256 !== undefined
}
