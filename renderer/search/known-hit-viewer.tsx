import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { KnownImage } from '../../shared/query.ts'
import { failureOf } from '../client.ts'
import { CloseViewer } from '../files/viewer/file-viewer.tsx'
import viewer from '../files/viewer/viewer.module.css'
import { titleOf } from '../names.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { PathText } from '../parts/path-text.tsx'
import { useImageInfo } from '../queries.ts'
import { HitViewer, type HitViewerProps } from './hit-viewer.tsx'
import styles from './search.module.css'

interface KnownHitViewerProps extends Omit<HitViewerProps, 'source' | 'info'> {
  readonly known: KnownImage
}

/** The file of a hit in an image that need not be open, read from where the image was opened, if it is still there. */
export function KnownHitViewer({ known, ...props }: KnownHitViewerProps): JSX.Element {
  const { source, reference, imageID } = known
  const { data, error } = useImageInfo(source)
  if (data?.imageID === imageID) return <HitViewer {...props} source={source} info={data} />
  const name = titleOf(source, reference === undefined ? [] : [reference])
  const open = (
    <Button variant="default" onClick={() => props.onShow(props.viewed)}>
      Open image
    </Button>
  )
  const failure = error && failureOf(error)
  return (
    <div className={styles['viewer']}>
      <section className={viewer['viewer']} aria-label="File">
        <header className={viewer['head']}>
          <h2 className={viewer['path']}>
            <PathText path={props.viewed.path} />
          </h2>
          <CloseViewer onClose={props.onClose} />
        </header>
        <div className={styles['failure']}>
          {failure ? (
            // What is not there cannot be opened either.
            <ErrorNote report={failure} action={failure.code === 'not-found' ? undefined : open} />
          ) : data ? (
            <EmptyState title="Another image by now" action={open}>
              {visible(name)} is not the image that was searched: it was replaced since it was last opened.
            </EmptyState>
          ) : (
            <p role="status" className="dim">
              Looking into {visible(name)}…
            </p>
          )}
        </div>
      </section>
    </div>
  )
}
