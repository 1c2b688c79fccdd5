import { Button } from '@mantine/core'
import type { JSX } from 'react'
import type { FilesView } from '../image/image-views.ts'
import { EmptyState } from '../parts/empty-state.tsx'

interface NoFilesProps {
  readonly view: FilesView
  readonly isPending: boolean
  readonly isReading: boolean
  readonly onClear: () => void
}

/** Why there is nothing: filtered away, not read yet, or truly nothing. */
export function NoFiles({ view, isPending, isReading, onClear }: NoFilesProps): JSX.Element {
  if (view.filter !== '' || view.changes.length > 0) {
    return (
      <EmptyState
        title="No files match"
        action={
          <Button variant="default" onClick={onClear}>
            Show all files
          </Button>
        }
      >
        {view.filter === '' ? 'Nothing here was changed in that way.' : 'No path contains what you typed.'}
      </EmptyState>
    )
  }
  if (isPending) {
    return (
      <EmptyState title="Nothing to show yet">
        {isReading ? 'Files appear here as their layers are read.' : 'The layers have not been read.'}
      </EmptyState>
    )
  }
  if (view.tree.layer !== undefined && !view.tree.isMerged) {
    return <EmptyState title="This layer changes no files" />
  }
  return <EmptyState title="No files">The image has none.</EmptyState>
}
