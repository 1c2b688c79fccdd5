import { useCallback, type DragEvent } from 'react'
import { failureOf, useClient } from '../client.ts'
import { pathText } from '../files/paths.ts'
import { noticeFailure } from '../shell/notices.tsx'
import type { Hit } from './found.ts'
import { viewedOf } from './hit-view.ts'
import type { Question } from './question.ts'

/**
 * For `dragstart` on a hit: the system drags files on disk, so the page's own drag ends and the host begins another as soon as the file is
 * there.
 */
export function useDragOut(
  question: Question,
  hitAt: (target: EventTarget) => Hit | undefined,
): (event: DragEvent) => void {
  const client = useClient()
  return useCallback(
    (event) => {
      const hit = hitAt(event.target)
      if (hit === undefined || question.kind === 'everywhere') return
      event.preventDefault()
      client.system.drag({ source: question.source, ...viewedOf(hit) }).catch((error: unknown) => {
        noticeFailure(`Drag ${pathText(hit.path)}`, failureOf(error))
      })
    },
    [client, question, hitAt],
  )
}
