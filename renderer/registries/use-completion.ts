import { useDebouncedValue } from '@mantine/hooks'
import { skipToken, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { NamesPage } from '../../shared/remote.ts'
import type { Settings } from '../../shared/settings.ts'
import { useClient, type Client } from '../client.ts'
import { completionOf, fitting, newestTagsFirst, registryOf, type Question } from './completion.ts'

/** Typing rests this long before a registry is asked, in milliseconds. */
const TYPING = 250
/** So long a registry's names are believed, in milliseconds: one types the same name twice in a minute, not in an hour. */
const FRESH = 60_000

/** Everything that registries listed stands under this key: a sign-in may show more of it. */
export const namesKey = ['registry-names'] as const

export interface Suggestions {
  readonly kind: Question['kind']
  readonly names: readonly string[]
  readonly isAsking: boolean
  /** The whole text where a name is taken. */
  readonly take: (name: string) => string
}

/** How a text may go on. A registry that does not list its names, or cannot be asked, is no failure here: nothing is suggested. */
export function useCompletion(
  text: string,
  registries: Settings['registries'],
  isInsecure: (registry: string) => boolean,
): Suggestions {
  const client = useClient()
  const { question, typed, take } = useMemo(() => completionOf(text, registries), [text, registries])
  const asked = useMemo(() => remoteOf(question), [question])
  const insecure = asked !== null && isInsecure(asked.registry)
  const key = keyOfQuestion(question, insecure)
  const [settled] = useDebouncedValue(key, TYPING)
  const isSettled = settled === key
  const { data, isFetching } = useQuery({
    queryKey: [...namesKey, key],
    queryFn:
      asked !== null && isSettled
        ? ({ signal }: { signal: AbortSignal }) => asked.ask(client, insecure, signal)
        : skipToken,
    staleTime: FRESH,
    gcTime: FRESH,
  })
  const names = useMemo(() => {
    switch (question.kind) {
      case 'registries':
        return fitting(
          registries.map(({ name }) => name),
          typed,
        )
      case 'repositories':
        return fitting(data?.names ?? [], typed)
      case 'tags':
        return fitting(newestTagsFirst(data?.names ?? []), typed)
      case 'nothing':
        return []
    }
  }, [question, registries, data, typed])
  return { kind: question.kind, names, isAsking: asked !== null && (isFetching || !isSettled), take }
}

function keyOfQuestion(question: Question, insecure: boolean): string {
  return JSON.stringify([question, insecure])
}

/** The tags of a repository, as the box has asked for them already where it did. */
export function useTags(image: string, insecure: boolean, isAsked: boolean): UseQueryResult<NamesPage> {
  const client = useClient()
  return useQuery({
    queryKey: [...namesKey, keyOfQuestion({ kind: 'tags', image }, insecure)],
    queryFn: ({ signal }) => client.registries.tags({ image, insecure }, { signal }),
    enabled: isAsked,
    staleTime: FRESH,
    gcTime: FRESH,
  })
}

interface Remote {
  readonly registry: string
  readonly ask: (client: Client, insecure: boolean, signal: AbortSignal) => Promise<NamesPage>
}

/** What only the registry knows; null for what is known here. */
function remoteOf(question: Question): Remote | null {
  switch (question.kind) {
    case 'repositories': {
      const { registry } = question
      return {
        registry,
        ask: (client, insecure, signal) => client.registries.repositories({ registry, insecure }, { signal }),
      }
    }
    case 'tags': {
      const { image } = question
      return {
        registry: registryOf(image),
        ask: (client, insecure, signal) => client.registries.tags({ image, insecure }, { signal }),
      }
    }
    case 'registries':
    case 'nothing':
      return null
  }
}
