import { Button } from '@mantine/core'
import type { JSX } from 'react'
import type { SourceSpec } from '../../../shared/uri.ts'
import { failureOf } from '../../client.ts'
import type { Viewed } from '../../image/image-views.ts'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { ComparisonView } from './comparison-view.tsx'
import { useFileStart, type Chunk } from './file-chunks.ts'
import { HexView } from './hex-view.tsx'
import { PictureView } from './picture-view.tsx'
import { TextView, type TextMarks } from './text-view.tsx'
import type { VersionPair } from './use-viewed-file.ts'
import { FormSwitch, type ViewForm } from './view-form.tsx'
import styles from './viewer.module.css'

interface FileContentProps {
  readonly source: SourceSpec
  readonly viewed: Viewed
  /** What a search found in its text. */
  readonly marks?: TextMarks | undefined
  /** Versions that can be compared; undefined where there is only one. */
  readonly pair: VersionPair | undefined
  /** What the person chose; null before they did. */
  readonly chosen: ViewForm | null
  readonly onForm: (form: ViewForm) => void
}

/** What is in a file: as what its first bytes look like, or as the person wants it; or what changed in it. */
export function FileContent(props: FileContentProps): JSX.Element {
  const { source, viewed, marks, pair, chosen, onForm } = props
  const start = useFileStart(source, viewed)
  const first = start.data?.pages[0]
  const isCompared = chosen === 'changes' && pair !== undefined
  const form = isCompared ? 'changes' : contentForm(chosen, first)
  return (
    <div className={styles['content']} aria-busy={!isCompared && start.isPending}>
      <FormSwitch value={form} forms={formsOf(first, pair)} onChange={onForm} />
      {isCompared ? <ComparisonView source={source} path={viewed.path} pair={pair} /> : content()}
    </div>
  )

  function content(): JSX.Element | null {
    if (first === undefined) {
      if (!start.isError) return null
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
    const { size, mediaType } = first
    if (size === 0) return <EmptyState title="Empty file" />
    if (form === 'picture' && mediaType !== undefined)
      return <PictureView source={source} viewed={viewed} size={size} mediaType={mediaType} />
    if (form === 'hex') return <HexView source={source} viewed={viewed} size={size} />
    return (
      <TextView
        chunks={start.data?.pages ?? []}
        size={size}
        marks={marks}
        isMore={start.hasNextPage}
        isLoading={start.isFetchingNextPage}
        onMore={() => void start.fetchNextPage()}
      />
    )
  }
}

/** The content as the person wants it, else as what it looks like. */
function contentForm(chosen: ViewForm | null, first: Chunk | undefined): ViewForm {
  if (chosen !== null && chosen !== 'changes') return chosen
  if (first === undefined || first.size === 0 || first.looksLike === 'text') return 'text'
  return first.looksLike === 'image' && first.mediaType !== undefined ? 'picture' : 'hex'
}

function formsOf(
  first: Chunk | undefined,
  pair: VersionPair | undefined,
): readonly { readonly value: ViewForm; readonly label: string }[] {
  const isEmpty = first?.size === 0
  return [
    { value: 'text', label: isEmpty ? 'Content' : 'Text' },
    ...(isEmpty ? [] : [{ value: 'hex' as const, label: 'Hex' }]),
    ...(first?.mediaType === undefined ? [] : [{ value: 'picture' as const, label: 'Image' }]),
    ...(pair === undefined ? [] : [{ value: 'changes' as const, label: 'Changes' }]),
  ]
}
