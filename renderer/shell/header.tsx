import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { openSpotlight } from '@mantine/spotlight'
import type { JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { IconPackageExport, IconSearch, IconSidebar } from '../parts/icons.ts'
import { Keys } from '../parts/keys.tsx'
import { SourcePlace } from '../source-place.tsx'
import { useActiveImage, useShell } from '../store.ts'
import styles from './shell.module.css'
import { useIsNarrow } from './use-is-narrow.ts'

const names = {
  home: 'Home',
  search: 'Search all images',
  jobs: 'Jobs',
  settings: 'Settings',
  image: 'Image',
} as const

/** Where one is, the palette, and the one thing most people want of an open image. */
export function Header(): JSX.Element {
  const page = useShell((state) => state.page)
  const active = useActiveImage()
  const image = page === 'image' ? active : undefined
  const isNarrow = useIsNarrow()
  const toggleSidebar = useShell((state) => state.toggleSidebar)
  const openExport = useShell((state) => state.openExport)
  const isSidebarShown = useShell((state) => (isNarrow ? state.isSidebarOver : !state.isSidebarHidden))
  const toggleLabel = isSidebarShown ? 'Hide sidebar' : 'Show sidebar'
  return (
    <header className={styles['header']}>
      <Tooltip label={toggleLabel}>
        <ActionIcon
          aria-label={toggleLabel}
          aria-expanded={isSidebarShown}
          onClick={() => toggleSidebar(isNarrow)}
        >
          <IconSidebar size={16} />
        </ActionIcon>
      </Tooltip>
      <div className={styles['where']}>
        <h1 className="truncate">{image ? visible(image.title) : names[page]}</h1>
        {image && (
          <span className={styles['place']}>
            <SourcePlace source={image.source} />
          </span>
        )}
      </div>
      <Button
        variant="default"
        className={styles['palette']}
        leftSection={<IconSearch size={14} />}
        rightSection={<Keys combination="mod+K" />}
        onClick={openSpotlight}
      >
        Go to…
      </Button>
      {image && (
        <Button leftSection={<IconPackageExport size={16} />} onClick={() => openExport(image.source)}>
          Export…
        </Button>
      )}
    </header>
  )
}
