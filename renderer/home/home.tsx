import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { IconCloud, IconFile, IconFlask, IconFolderOpen, IconServer, IconStack } from '../parts/icons.ts'
import { useRecent } from '../queries.ts'
import { useShell } from '../store.ts'
import { useOpen } from '../use-open.ts'
import styles from './home.module.css'
import { RecentList } from './recent-list.tsx'

/** The way in: drop a file anywhere, or pick one; recent images below. */
export function Home(): JSX.Element {
  const open = useOpen()
  const openEngines = useShell((state) => state.openEngines)
  const openRegistries = useShell((state) => state.openRegistries)
  const isOpening = useShell((state) => state.opening.length > 0)
  const recent = useRecent().data ?? []
  return (
    <div className={styles['home']} data-has-recent={recent.length > 0 || undefined}>
      <section className={styles['zone']} aria-labelledby="drop-title" aria-busy={isOpening}>
        <IconStack size={40} stroke={1.25} className={styles['icon']} aria-hidden="true" />
        <h2 id="drop-title" className={styles['title']}>
          Drop an image anywhere
        </h2>
        <p className={styles['kinds']}>
          A tarball from docker save, podman save or skopeo, compressed or not; an OCI layout; a directory of
          images.
        </p>
        <div className={styles['ways']}>
          <Button size="sm" leftSection={<IconFile size={16} />} onClick={() => void open.pick('file')}>
            Open a file
          </Button>
          <Button
            size="sm"
            variant="default"
            leftSection={<IconFolderOpen size={16} />}
            onClick={() => void open.pick('folder')}
          >
            Open a folder
          </Button>
          <Button
            size="sm"
            variant="default"
            leftSection={<IconServer size={16} />}
            onClick={() => openEngines()}
          >
            From an engine…
          </Button>
          <Button
            size="sm"
            variant="default"
            leftSection={<IconCloud size={16} />}
            onClick={() => openRegistries()}
          >
            From a registry…
          </Button>
        </div>
        <Button
          variant="subtle"
          className={styles['sample']}
          leftSection={<IconFlask size={14} />}
          onClick={() => void open.sample()}
        >
          Try the sample image
        </Button>
      </section>
      {recent.length > 0 && <RecentList images={recent} />}
    </div>
  )
}
