import { Button } from '@mantine/core'
import { useState, type JSX } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { failureOf } from '../client.ts'
import { useHost } from '../host.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { IconFolderOpen } from '../parts/icons.ts'
import { HostPath } from '../parts/path-text.tsx'
import { suggestedName, type Draft, type Format } from './draft.ts'
import styles from './export.module.css'

interface DestinationStepProps {
  readonly draft: Draft
  readonly info: ImageInfo | undefined
  readonly source: SourceSpec
  readonly onChange: (part: Partial<Draft>) => void
}

const notes: Record<Format, string> = {
  tar: 'Written under a temporary name beside it, and renamed when it is whole.',
  dir: 'Images that are in this folder stay in it; layers that are there already are not written again.',
  oci: 'A new folder, or one that is empty. Written under a temporary name beside it, and renamed when it is whole.',
  mounts:
    'A new folder, one that is empty, or one that holds overlay mounts: layers that are there already are shared.',
}

/** Each remembers the folder it was last used in. */
const purposes: Record<Exclude<Format, 'dir'>, string> = {
  tar: 'export',
  oci: 'export-bundle',
  mounts: 'export-mounts',
}

/** Where it goes. A place is chosen in a dialog, never typed here: only what was chosen may be written. */
export function DestinationStep({ draft, info, source, onChange }: DestinationStepProps): JSX.Element {
  const host = useHost()
  const [failure, setFailure] = useState<ErrorReport | null>(null)
  const place = draft.places[draft.format]

  const choose = async (): Promise<void> => {
    setFailure(null)
    try {
      const path =
        draft.format === 'dir'
          ? await host.pickFolder({ purpose: 'export-folder' })
          : await host.pickSave({
              suggestedName: suggestedName(draft, info, source),
              purpose: purposes[draft.format],
            })
      if (path !== null) onChange({ places: { ...draft.places, [draft.format]: path } })
    } catch (error) {
      setFailure(failureOf(error))
    }
  }

  return (
    <div className={styles['fields']}>
      <div className={styles['field']}>
        <span className={styles['label']}>{draft.format === 'tar' ? 'File' : 'Folder'}</span>
        <div className={styles['place']} data-is-empty={place === null || undefined}>
          {place === null ? <span className="dim">Not chosen yet</span> : <HostPath path={place} />}
          <Button
            variant={place === null ? 'filled' : 'default'}
            leftSection={<IconFolderOpen size={14} />}
            data-autofocus
            onClick={() => void choose()}
          >
            {place === null ? 'Choose…' : 'Change…'}
          </Button>
        </div>
        <p className="dim">{notes[draft.format]}</p>
      </div>
      {failure && <ErrorNote report={failure} />}
    </div>
  )
}
