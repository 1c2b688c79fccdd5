import { Button } from '@mantine/core'
import type { JSX } from 'react'
import type { SearchView } from '../image/image-views.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { counted } from '../parts/format.ts'
import { filterCount, NO_TEXTS } from './filter-texts.ts'
import type { Found } from './found.ts'
import type { Question } from './question.ts'

interface NothingFoundProps {
  readonly question: Question
  readonly found: Found
  readonly view: SearchView
  readonly onChange: (patch: Partial<SearchView>) => void
}

/** Nothing, and the likeliest way to find something. */
export function NothingFound({ question, found, view, onChange }: NothingFoundProps): JSX.Element {
  const widening = wideningOf(question, found, view)
  const layers = 'layers' in question ? question.layers : []
  const where =
    question.kind === 'everywhere'
      ? counted(found.images?.length ?? 0, 'image')
      : layers.length > 0
        ? 'the chosen layers'
        : 'any layer'
  if (question.kind === 'everywhere' && found.images?.length === 0)
    return (
      <EmptyState title="No image to search yet">
        Images can be searched here once they were opened, also after they are closed.
      </EmptyState>
    )
  const skipped = found.inside?.binaryFiles ?? 0
  return (
    <EmptyState
      title="Nothing found"
      action={
        widening && (
          <Button variant="default" onClick={() => onChange(widening.patch)}>
            {widening.label}
          </Button>
        )
      }
    >
      {question.kind === 'contents'
        ? `No line of a file in ${where} matches.`
        : `No path in ${where} matches.`}
      {skipped > 0 && ` ${counted(skipped, 'file')} that ${skipped === 1 ? 'is' : 'are'} not text left out.`}
    </EmptyState>
  )
}

interface Widening {
  readonly label: string
  readonly patch: Partial<SearchView>
}

function wideningOf({ kind, query }: Question, found: Found, view: SearchView): Widening | undefined {
  if (kind !== 'everywhere' && view.layers.length > 0)
    return { label: 'Search all layers', patch: { layers: [] } }
  if (filterCount(view.filters) > 0) return { label: 'Clear filters', patch: { filters: NO_TEXTS } }
  if (query.isCaseSensitive) return { label: 'Ignore case', patch: { isCaseSensitive: false } }
  if ('isWholeName' in query && query.isWholeName)
    return { label: 'Match part of the name', patch: { isWholeName: false } }
  if ('isWholeWord' in query && query.isWholeWord)
    return { label: 'Match part of a word', patch: { isWholeWord: false } }
  if ('isBinary' in query && (found.inside?.binaryFiles ?? 0) > 0)
    return { label: 'Search binary files too', patch: { isBinary: true } }
  if (kind === 'names') return { label: 'Search inside files', patch: { isInside: true } }
  return undefined
}
