import { useThrottledValue } from '@mantine/hooks'
import { useQuery, type QueryKey } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useClient, type Client } from '../client.ts'
import { imageKey } from '../image/image-queries.ts'
import { useWindows, type WindowSource, type Windows } from '../rows/use-windows.ts'
import { useShell } from '../store.ts'
import { foundEverywhere, foundLines, foundNames, type Found, type Hit } from './found.ts'
import type { Question } from './question.ts'
import { useReadings } from './use-readings.ts'

/** A search inside files is asked for what it has found so often, in milliseconds. */
const POLL = 150
/** The most hits that are fetched at once: for a tree of folders, or to be saved. */
export const MOST_HITS = 10_000
/** The most that the contract lets one answer carry. */
const PIECE = 1000
/** A tree is made anew this often while more is found, in milliseconds. */
const REMAKE = 1000

export interface Range {
  readonly offset: number
  readonly limit: number
}

export async function askFor(
  client: Client,
  question: Question,
  range: Range,
  signal?: AbortSignal,
): Promise<Found> {
  const options = signal ? { signal } : {}
  switch (question.kind) {
    case 'names': {
      const { source, query, layers } = question
      return foundNames(await client.search.names({ source, query, layers: [...layers], ...range }, options))
    }
    case 'contents': {
      const { source, query, layers } = question
      return foundLines(
        await client.search.contents({ source, query, layers: [...layers], ...range }, options),
      )
    }
    case 'everywhere': {
      const { query } = question
      return foundEverywhere(await client.search.everywhere({ query, images: [], ...range }, options))
    }
  }
}

/** The answers stand under their image, so that they are asked for again with it. */
function answersKey(question: Question): QueryKey {
  const place = question.kind === 'everywhere' ? ['everywhere'] : imageKey(question.source)
  return [...place, 'search', question]
}

/** Hits in view and around them; of a search inside files again and again, until it is done or was stopped. */
export function useFound(
  question: Question,
  isStopped: boolean,
  [first, last]: readonly [number, number],
): Windows<Found, Hit> {
  const client = useClient()
  const isEverywhere = question.kind === 'everywhere'
  // More is known of all images once layers have been read, and once one more was opened.
  const read = useReadings(isEverywhere)
  const opened = useShell(({ openImages }) => (isEverywhere ? openImages.map(({ id }) => id).join('\n') : ''))
  const list = useMemo<WindowSource<Found>>(
    () => ({
      key: [...answersKey(question), read, opened],
      fetch: (offset, limit, signal) => askFor(client, question, { offset, limit }, signal),
      poll: ({ inside }) => (inside?.isRunning && !isStopped ? POLL : false),
    }),
    [client, question, isStopped, read, opened],
  )
  return useWindows(list, hitsOf, first, last)
}

const NOTHING: Found = { total: 0, hits: [], perLayer: [], pendingLayers: [] }

/** The first hits, all of them: what a tree of folders or of files is made of. Undefined until they are there. */
export function useAllHits(
  question: Question,
  total: number,
  isRunning: boolean,
  isEnabled: boolean,
): Found | undefined {
  const client = useClient()
  const most = Math.min(total, MOST_HITS)
  const now = useThrottledValue(most, REMAKE)
  // The first are fetched at once.
  const wanted = isRunning ? Math.max(1, now) : most
  const { data } = useQuery({
    // While more is found, what is fetched piece by piece may have shifted in between: at the end it is fetched once more.
    queryKey: [...answersKey(question), 'all', wanted, isRunning],
    queryFn: ({ signal }) => allFound(client, question, signal),
    enabled: isEnabled && most > 0,
    // Those of another question may stay for a moment, but not beside what is being counted for this one.
    placeholderData: (before, query) =>
      !isRunning || query?.queryKey.includes(question) ? before : undefined,
    gcTime: 0,
  })
  return total === 0 ? NOTHING : data
}

export async function allHits(
  client: Client,
  question: Question,
  signal?: AbortSignal,
): Promise<readonly Hit[]> {
  return (await allFound(client, question, signal)).hits
}

/** The first hits in one answer. */
async function allFound(client: Client, question: Question, signal?: AbortSignal): Promise<Found> {
  const hits: Hit[] = []
  for (;;) {
    const limit = Math.min(PIECE, MOST_HITS - hits.length)
    const found = await askFor(client, question, { offset: hits.length, limit }, signal)
    hits.push(...found.hits)
    if (found.hits.length === 0 || hits.length >= Math.min(found.total, MOST_HITS)) return { ...found, hits }
  }
}

function hitsOf({ hits }: Found): readonly Hit[] {
  return hits
}
