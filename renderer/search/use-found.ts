import { useThrottledValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient, type Client } from '../client.ts'
import { imageKey } from '../image/image-queries.ts'
import { useJobStore } from '../jobs/job-store.ts'
import { useWindows, type WindowSource, type Windows } from '../rows/use-windows.ts'
import { foundEverywhere, foundLines, foundNames, type Found, type Hit } from './found.ts'
import type { Question } from './question.ts'

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
  source: SourceSpec,
  question: Question,
  range: Range,
  signal?: AbortSignal,
): Promise<Found> {
  const options = signal ? { signal } : {}
  switch (question.kind) {
    case 'names': {
      const { query, layers } = question
      return foundNames(await client.search.names({ source, query, layers: [...layers], ...range }, options))
    }
    case 'contents': {
      const { query, layers } = question
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

/** Hits in view and around them; of a search inside files again and again, until it is done or was stopped. */
export function useFound(
  source: SourceSpec,
  question: Question,
  isStopped: boolean,
  [first, last]: readonly [number, number],
): Windows<Found, Hit> {
  const client = useClient()
  const id = keyOfSource(source)
  // More is known of other images once their layers have been read.
  const read = useJobStore(({ jobs }) => (question.kind === 'everywhere' ? readingsEnded(jobs.values()) : 0))
  const list = useMemo<WindowSource<Found>>(
    () => ({
      key: [...imageKey(source), 'search', question, read],
      fetch: (offset, limit, signal) => askFor(client, source, question, { offset, limit }, signal),
      poll: ({ inside }) => (inside?.isRunning && !isStopped ? POLL : false),
    }),
    // oxlint-disable-next-line react/exhaustive-deps -- the id stands for the source
    [client, id, question, isStopped, read],
  )
  return useWindows(list, hitsOf, first, last)
}

function readingsEnded(jobs: Iterable<JobState>): number {
  return [...jobs].filter(({ spec, phase }) => spec.kind === 'index' && isEnded(phase)).length
}

const NO_HITS: readonly Hit[] = []

/** The first hits, all of them: what a tree is made of. Undefined until they are there. */
export function useAllHits(
  source: SourceSpec,
  question: Question,
  total: number,
  isRunning: boolean,
  isEnabled: boolean,
): readonly Hit[] | undefined {
  const client = useClient()
  const most = Math.min(total, MOST_HITS)
  const now = useThrottledValue(most, REMAKE)
  const wanted = isRunning ? now : most
  const { data } = useQuery({
    queryKey: [...imageKey(source), 'search', question, 'all', wanted],
    queryFn: ({ signal }) => allHits(client, source, question, signal),
    enabled: isEnabled && wanted > 0,
    placeholderData: keepPreviousData,
    gcTime: 0,
  })
  return total === 0 ? NO_HITS : data
}

export async function allHits(
  client: Client,
  source: SourceSpec,
  question: Question,
  signal?: AbortSignal,
): Promise<readonly Hit[]> {
  const hits: Hit[] = []
  for (;;) {
    const limit = Math.min(PIECE, MOST_HITS - hits.length)
    const found = await askFor(client, source, question, { offset: hits.length, limit }, signal)
    hits.push(...found.hits)
    if (found.hits.length === 0 || hits.length >= Math.min(found.total, MOST_HITS)) return hits
  }
}

function hitsOf({ hits }: Found): readonly Hit[] {
  return hits
}
