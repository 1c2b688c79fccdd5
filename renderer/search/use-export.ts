import { useMemo } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { counted } from '../parts/format.ts'
import { noticeFailure } from '../shell/notices.tsx'
import { useShell } from '../store.ts'
import { dismissedOf, dismissedTest, placesOf, type Dismissed } from './dismissed.ts'
import type { Found, Hit } from './found.ts'
import { FORMATS, hitsAs, type HitFormat, type NamedImage } from './hit-text.ts'
import { keyOfQuestion, type Question } from './question.ts'
import { allHits } from './use-found.ts'

export interface Export {
  readonly copy: (format: HitFormat) => void
  readonly download: (format: HitFormat) => void
  /** The files themselves, as a tar; undefined where they are of several images. */
  readonly files: (() => void) | undefined
}

/** Takes the results elsewhere: the first ten thousand, without those dismissed. */
export function useExport(
  info: ImageInfo | null,
  question: Question,
  found: Found,
  dismissed: Dismissed,
): Export {
  const client = useClient()
  const host = useHost()
  return useMemo(() => {
    const hitsLeft = async (): Promise<readonly Hit[]> =>
      withoutDismissed(await allHits(client, question), question, dismissed)
    const text = async (format: HitFormat): Promise<readonly [text: string, count: number]> => {
      const hits = await hitsLeft()
      return [hitsAs(format, hits, (hit) => imageOf(hit, info, found)), hits.length]
    }
    const attempt = (what: string, work: () => Promise<void>): void => {
      work().catch((error: unknown) => noticeFailure(what, failureOf(error)))
    }
    return {
      copy: (format) =>
        attempt('Copy the results', async () => {
          const [copied, count] = await text(format)
          await navigator.clipboard.writeText(copied)
          useShell.getState().announce(`${counted(count, 'result')} copied`)
        }),
      download: (format) =>
        attempt('Save the results', async () => {
          const [saved] = await text(format)
          const { extension, mediaType } = FORMATS[format]
          download(new Blob([saved], { type: `${mediaType};charset=utf-8` }), `results.${extension}`)
        }),
      files:
        question.kind === 'everywhere'
          ? undefined
          : () =>
              attempt('Save the files found', async () => {
                const hits = uniqueFiles(await hitsLeft())
                if (hits.length === 0) return
                const suggestedName = 'found.tar'
                const destination = await host.pickSave({ suggestedName, purpose: 'save' })
                if (destination === null) return
                const { source: input } = question
                await client.jobs.submit({ kind: 'save-hits', input, hits, destination })
              }),
    }
  }, [client, host, info, question, found, dismissed])
}

function withoutDismissed(hits: readonly Hit[], question: Question, dismissed: Dismissed): readonly Hit[] {
  const isGone = dismissedTest(dismissedOf(dismissed, keyOfQuestion(question)))
  const places = placesOf(hits)
  return hits.filter((_, at) => {
    const place = places[at]
    return place === undefined || !isGone(place)
  })
}

function imageOf(hit: Hit, info: ImageInfo | null, { images }: Found): NamedImage {
  // Of one image nothing is asked but where it is open; all that is known without is the layer.
  if (!('imageID' in hit)) return info ?? { imageID: hit.diffID }
  return images?.find(({ imageID }) => imageID === hit.imageID) ?? { imageID: hit.imageID }
}

/** Each file once, however many of its lines were found. */
function uniqueFiles(hits: readonly Hit[]): { layer: number; path: string }[] {
  const seen = new Map(
    hits.map(({ layerIndex, path }) => [`${layerIndex} ${path}`, { layer: layerIndex, path }]),
  )
  return [...seen.values()]
}

/** Has the browser save a file of its own making. */
function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  Object.assign(link, { href: url, download: name })
  link.click()
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
