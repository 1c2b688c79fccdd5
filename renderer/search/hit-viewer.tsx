import { useMemo, type JSX, type KeyboardEvent } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { FileViewer } from '../files/viewer/file-viewer.tsx'
import type { TextMarks } from '../files/viewer/text-view.tsx'
import type { Spot, Viewed } from '../image/image-views.ts'
import { WHOLE } from './hit-view.ts'
import { lineRanges } from './match-ranges.ts'
import type { Question } from './question.ts'
import styles from './search.module.css'

export interface HitViewerProps {
  readonly source: SourceSpec
  readonly info: ImageInfo
  readonly viewed: Viewed
  readonly spot: Spot | null
  readonly question: Question | null
  readonly onStep: (step: 1 | -1) => void
  readonly onView: (viewed: Viewed) => void
  readonly onShow: (viewed: Viewed) => void
  readonly onClose: () => void
}

/** The file of a hit beside the results, with the matches in it marked; Enter and Shift+Enter walk on from here, too. */
export function HitViewer(props: HitViewerProps): JSX.Element {
  const { source, info, viewed, spot, question, onStep, onView, onShow, onClose } = props
  const query = question?.kind === 'contents' ? question.query : undefined
  const marks = useMemo<TextMarks | undefined>(
    () => (query && spot ? { spot, rangesIn: (text) => lineRanges(text, query) } : undefined),
    [query, spot],
  )
  const onKeyDown = (event: KeyboardEvent): void => {
    const isControl = event.target instanceof Element && event.target.closest('button, input, a') !== null
    if (event.key !== 'Enter' || event.ctrlKey || event.altKey || event.metaKey || isControl) return
    event.preventDefault()
    onStep(event.shiftKey ? -1 : 1)
  }
  return (
    <div className={styles['viewer']} onKeyDown={onKeyDown}>
      <FileViewer
        key={`${viewed.path} ${JSON.stringify(viewed.tree)}`}
        source={source}
        info={info}
        viewed={viewed}
        marks={marks}
        onView={onView}
        onGoTo={(path) => onShow({ path, tree: WHOLE })}
        onShow={onShow}
        onClose={onClose}
      />
    </div>
  )
}
