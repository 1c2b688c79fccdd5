import type { JSX } from 'react'
import type { JobState } from '../../shared/job.ts'
import { useHost } from '../host.ts'
import { MountButtons, mountWords } from '../jobs/mount-buttons.tsx'
import { useMounting, type MountTarget } from '../jobs/use-mounting.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { HostPath } from '../parts/path-text.tsx'
import styles from './export.module.css'

interface MountResultProps {
  readonly job: JobState
  readonly target: MountTarget
}

/** The image that was just written: mounted and unmounted from here, with what is known of it. */
export function MountResult({ job, target }: MountResultProps): JSX.Element {
  const { isRoot } = useHost().info
  const mounting = useMounting(job, target)
  const { mountedAt, working, failure, refusal } = mounting
  const problem = refusal ?? failure
  const isMounted = mountedAt !== null && working === null
  return (
    <div className={styles['field']}>
      <span className={styles['label']}>Mount</span>
      <div className={styles['place']}>
        <span className={styles['mounted']} role="status">
          <span className="dim">{mountWords(mounting)}</span>
          {isMounted && <HostPath path={mountedAt} />}
        </span>
        {isMounted && <CopyButton value={mountedAt} label="Copy mount path" />}
        <MountButtons mounting={mounting} size="xs" />
      </div>
      <p className="dim">
        {!isRoot && 'Only root can mount from here; the first line below does it without. '}
        What is changed in merged lands in upper, beside it. Unmount ends every mount in this folder.
      </p>
      {problem && <ErrorNote report={problem} />}
    </div>
  )
}
