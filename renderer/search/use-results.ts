import { useMemo, useState } from 'react'
import type { SearchView } from '../image/image-views.ts'
import { useUniformRows, type UniformRows } from '../rows/use-uniform-rows.ts'
import type { Windows } from '../rows/use-windows.ts'
import { dismissedOf } from './dismissed.ts'
import { fileLines } from './file-lines.ts'
import { folderLines } from './folder-lines.ts'
import { sectionsOf, type Found, type Hit } from './found.ts'
import { keyOfQuestion, type Question } from './question.ts'
import { hitsAmong, type ResultLine, type ResultLines } from './result-lines.ts'
import { sectionLines } from './section-lines.ts'
import { useAllHits, useFound } from './use-found.ts'

/** The answers as the person wants to see them. */
export interface ResultsForm {
  /** Folders instead of layers; never for all images. */
  readonly isTree: boolean
  /** A search inside files is asked for no more. */
  readonly isStopped: boolean
}

export interface Results extends Pick<UniformRows, 'scroller' | 'height' | 'items' | 'page' | 'reveal'> {
  readonly data: Windows<Found, Hit>
  readonly lines: ResultLines
  /** Undefined while its window is on the way. */
  readonly hitOf: (line: ResultLine | undefined) => Hit | undefined
}

interface Head {
  readonly found: Found
  /** What it answers; null before anything was. */
  readonly question: Question | null
}

const NO_HEAD: Head = { found: { total: 0, hits: [], perLayer: [], pendingLayers: [] }, question: null }

/** The lines of the results, and the hits in view. */
export function useResults(
  question: Question,
  view: SearchView,
  { isTree, isStopped }: ResultsForm,
): Results {
  // What all windows say alike is known once the first is there: the next rendering has the right lines.
  const [head, setHead] = useState<Head>(NO_HEAD)
  const { found } = head
  const isRunning = found.inside?.isRunning === true && !isStopped
  const isWhole = isGrouped(question, isTree)
  const all = useAllHits(question, found.total, isRunning, isWhole && head.question === question)
  const { collapsed, dismissed } = view
  const key = keyOfQuestion(question)
  const layers = 'layers' in question ? question.layers : undefined
  const lines = useMemo(() => {
    const folded = new Set(collapsed)
    const gone = dismissedOf(dismissed, key)
    if (isTree) return folderLines(all?.hits ?? NO_HITS, folded, gone)
    return isWhole
      ? fileLines(all?.hits ?? NO_HITS, all ? sectionsOf(all, layers ?? []) : [], folded, gone)
      : sectionLines(sectionsOf(found, layers ?? []), folded, gone)
  }, [found, layers, collapsed, dismissed, key, isTree, isWhole, all])
  const { scroller, height, items, page, reveal } = useUniformRows(lines.total)
  const data = useFound(question, isStopped, isWhole ? TOP : hitsAmong(lines, items))
  const answered = data.isStale ? head.question : question
  if (data.head && (data.head !== found || answered !== head.question))
    setHead({ found: data.head, question: answered })
  return {
    data,
    lines,
    scroller,
    height,
    items,
    page,
    reveal,
    hitOf: (line) => {
      if (line === undefined || !('hit' in line)) return undefined
      return isWhole ? all?.hits[line.hit] : data.rowAt(line.hit)
    },
  }
}

/** Whether the lines can be told only from the hits themselves, all of them. */
export function isGrouped({ kind }: Question, isTree: boolean): boolean {
  return isTree || kind === 'contents'
}

const NO_HITS: readonly Hit[] = []
const TOP = [0, 0] as const
