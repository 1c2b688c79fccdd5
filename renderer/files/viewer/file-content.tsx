import { Button, SegmentedControl } from '@mantine/core'
import { useState, type JSX } from 'react'
import type { SourceSpec } from '../../../shared/uri.ts'
import { failureOf } from '../../client.ts'
import type { Viewed } from '../../image/image-views.ts'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { useFileStart } from './file-chunks.ts'
import { HexView } from './hex-view.tsx'
import { PictureView } from './picture-view.tsx'
import { TextView, type TextMarks } from './text-view.tsx'
import styles from './viewer.module.css'

type Form = 'text' | 'hex' | 'picture'

interface FileContentProps {
  readonly source: SourceSpec
  readonly viewed: Viewed
  /** What a search found in its text. */
  readonly marks?: TextMarks | undefined
}

/** What is in a file: as what its first bytes look like, or as the person wants it. */
export function FileContent({ source, viewed, marks }: FileContentProps): JSX.Element {
  const [chosen, setChosen] = useState<Form | null>(null)
  const start = useFileStart(source, viewed)
  const first = start.data?.pages[0]
  if (start.isError && first === undefined) {
    return (
      <div className={styles['failure']}>
        <ErrorNote
          report={failureOf(start.error)}
          action={
            <Button variant="default" size="compact-xs" onClick={() => void start.refetch()}>
              Try again
            </Button>
          }
        />
      </div>
    )
  }
  if (first === undefined) return <div className={styles['content']} aria-busy="true" />
  if (first.size === 0) return <EmptyState title="Empty file" />

  const { size, looksLike, mediaType } = first
  const natural: Form =
    looksLike === 'text' ? 'text' : looksLike === 'image' && mediaType !== undefined ? 'picture' : 'hex'
  const form = chosen ?? natural
  return (
    <div className={styles['content']}>
      <div className={styles['forms']}>
        <SegmentedControl
          aria-label="Show as"
          value={form}
          onChange={(value) => setChosen(value as Form)}
          data={[
            { value: 'text', label: 'Text' },
            { value: 'hex', label: 'Hex' },
            ...(mediaType === undefined ? [] : [{ value: 'picture', label: 'Image' }]),
          ]}
        />
      </div>
      {form === 'text' && (
        <TextView
          chunks={start.data?.pages ?? []}
          size={size}
          marks={marks}
          isMore={start.hasNextPage}
          isLoading={start.isFetchingNextPage}
          onMore={() => void start.fetchNextPage()}
        />
      )}
      {form === 'hex' && <HexView source={source} viewed={viewed} size={size} />}
      {form === 'picture' && mediaType !== undefined && (
        <PictureView source={source} viewed={viewed} size={size} mediaType={mediaType} />
      )}
    </div>
  )
}
