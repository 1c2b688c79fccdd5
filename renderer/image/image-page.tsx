import { Button, Tabs } from '@mantine/core'
import type { JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { failureOf } from '../client.ts'
import { FilesTab } from '../files/files-tab.tsx'
import { isRemote } from '../names.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Digest } from '../parts/digest.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { counted } from '../parts/format.ts'
import { useImageInfo } from '../queries.ts'
import { SearchTab } from '../search/search-tab.tsx'
import { imageTabs, useShell, type ImageTab, type OpenImage } from '../store.ts'
import styles from './image.module.css'
import { useListing } from './image-queries.ts'
import { LayersTab } from './layers-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { platformText } from './platform-text.ts'

const TAB_NAMES: Readonly<Record<ImageTab, string>> = {
  overview: 'Overview',
  layers: 'Layers',
  files: 'Files',
  search: 'Search',
}

/** One open image; its name and the way out of it stand in the window's header. */
export function ImagePage({ image }: { readonly image: OpenImage }): JSX.Element {
  const info = useImageInfo(image.source)
  if (info.isPending) {
    return (
      <div className={styles['page']} aria-busy="true">
        <EmptyState title={`Opening ${visible(image.title)}`} />
      </div>
    )
  }
  if (info.isError) {
    return (
      <div className={styles['page']}>
        <div className={styles['failure']}>
          <ErrorNote
            report={failureOf(info.error)}
            action={
              <Button variant="default" size="compact-xs" onClick={() => void info.refetch()}>
                Try again
              </Button>
            }
          />
        </div>
      </div>
    )
  }
  return <OpenPage image={image} info={info.data} />
}

function OpenPage({ image, info }: { readonly image: OpenImage; readonly info: ImageInfo }): JSX.Element {
  const setTab = useShell((state) => state.setTab)
  // Whether asking is reading is the other side's affair: what comes over a connection is asked for by the tabs alone.
  useListing(image.source, !isRemote(image.source))
  return (
    <div className={styles['page']}>
      <Tabs
        value={image.tab}
        onChange={(tab) => setTab(image.id, imageTabs.find((name) => name === tab) ?? 'overview')}
        keepMounted={false}
        classNames={{
          root: styles['tabs'] ?? '',
          list: styles['tabList'] ?? '',
          tab: styles['tab'] ?? '',
          panel: styles['panel'] ?? '',
        }}
      >
        <div className={styles['tabBar']}>
          <Tabs.List>
            {imageTabs.map((tab) => (
              <Tabs.Tab key={tab} value={tab}>
                {TAB_NAMES[tab]}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <p className={styles['facts']}>
            <span>{platformText(info.platform)}</span>
            <span>{counted(info.layers.length, 'layer')}</span>
            <SizeFact info={info} />
            <Digest digest={info.imageID} name="image ID" />
          </p>
        </div>
        <Tabs.Panel value="overview">
          <OverviewTab image={image} info={info} />
        </Tabs.Panel>
        <Tabs.Panel value="layers">
          <LayersTab image={image} info={info} />
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <FilesTab image={image} info={info} />
        </Tabs.Panel>
        <Tabs.Panel value="search">
          <SearchTab image={image} info={info} />
        </Tabs.Panel>
      </Tabs>
    </div>
  )
}

/** The best that is known of it, and which it is. */
function SizeFact({ info }: { readonly info: ImageInfo }): JSX.Element | null {
  const { size, compressedSize, statedSize } = info
  const known = size ?? compressedSize ?? statedSize
  if (known === undefined) return null
  return (
    <span>
      {size === null && compressedSize === null && 'about '}
      <Bytes value={known} />
      {size === null && compressedSize !== null && ' stored'}
    </span>
  )
}
