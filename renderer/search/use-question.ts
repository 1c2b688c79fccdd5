import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import type { SourceSpec } from '../../shared/uri.ts'
import type { SearchView } from '../image/image-views.ts'
import { regexProblem } from './match-ranges.ts'
import { modeOf, questionOf, type Question } from './question.ts'

/** Typing rests this long before it is searched for, in milliseconds; inside files a little longer, as each search is more work. */
const TYPING = 120
const TYPING_INSIDE = 250

/** What the page asks once typing rests, or why it is no question. What is not typed is asked at once. */
export function useQuestion(
  view: SearchView,
  source: SourceSpec | null,
): {
  readonly question: Question | null
  /** Why the text is no regular expression. */
  readonly problem: string | undefined
} {
  const [settled] = useDebouncedValue(view, modeOf(view) === 'contents' ? TYPING_INSIDE : TYPING)
  const { text } = settled
  const asked = questionOf(text, { ...view, filters: withTexts(view, settled) }, source)
  const key = JSON.stringify(asked)
  // oxlint-disable-next-line react/exhaustive-deps -- the text stands for the question
  const question = useMemo(() => asked, [key])
  const problem = regexProblem({ pattern: text, isRegex: view.isRegex })
  return { question: problem === undefined ? question : null, problem }
}

/** The choices as they are, the texts as they were when typing last rested. */
function withTexts({ filters }: SearchView, { filters: settled }: SearchView): SearchView['filters'] {
  const { include, exclude, minSize, maxSize, owner, sha256 } = settled
  return { ...filters, include, exclude, minSize, maxSize, owner, sha256 }
}
