import { Spotlight, type SpotlightActionData } from '@mantine/spotlight'
import type { JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { setSearchView, type SearchView } from '../image/image-views.ts'
import { Keys } from '../parts/keys.tsx'
import { useEngines, useRecent } from '../queries.ts'
import { placeText } from '../source-place.tsx'
import { imageTabs, useActiveImage, useShell } from '../store.ts'
import { useOpen } from '../use-open.ts'
import { bindingOf, type BindingID } from './key-bindings.ts'

const tabNames = { overview: 'Overview', layers: 'Layers', files: 'Files', search: 'Search' } as const

/** Everything the window can do now, by its name. */
export function CommandPalette(): JSX.Element {
  const actions = [...useImageActions(), ...useWindowActions(), ...useImageList()]
  return (
    <Spotlight
      actions={actions}
      shortcut={null}
      nothingFound="Nothing of that name"
      highlightQuery
      limit={12}
      transitionProps={{ duration: 80 }}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
      searchProps={{ placeholder: 'What to do, or an image', 'aria-label': 'Command', size: 'md' }}
    />
  )
}

function action(id: BindingID, onClick: () => void): SpotlightActionData {
  const binding = bindingOf(id)
  const [combination] = binding?.combinations ?? []
  return {
    id,
    label: binding?.label ?? id,
    onClick,
    ...(combination === undefined ? {} : { rightSection: <Keys combination={combination} /> }),
  }
}

function useWindowActions(): SpotlightActionData[] {
  const open = useOpen()
  const go = useShell((state) => state.go)
  const isImageOpen = useActiveImage() !== undefined
  const searchAll = useShell((state) => state.searchAll)
  const showKeys = useShell((state) => state.showKeys)
  const openEngines = useShell((state) => state.openEngines)
  const openRegistries = useShell((state) => state.openRegistries)
  return [
    action('open', () => void open.pick('file')),
    action('openFolder', () => void open.pick('folder')),
    action('openEngine', () => openEngines()),
    action('openRegistry', () => openRegistries()),
    { id: 'sample', label: 'Open the sample image', onClick: () => void open.sample() },
    {
      id: 'search everywhere',
      label: 'Search all images',
      onClick: searchAll,
      // With an image open the key searches that one.
      ...(isImageOpen ? {} : { rightSection: <Keys combination="mod+shift+F" /> }),
    },
    action('home', () => go('home')),
    action('jobs', () => go('jobs')),
    action('settings', () => go('settings')),
    action('keys', () => showKeys(true)),
  ]
}

function useImageActions(): SpotlightActionData[] {
  const image = useActiveImage()
  const page = useShell((state) => state.page)
  const openExport = useShell((state) => state.openExport)
  const focusSearch = useShell((state) => state.focusSearch)
  const closeImage = useShell((state) => state.closeImage)
  const setTab = useShell((state) => state.setTab)
  if (!image || page !== 'image') return []
  const search = (patch: Partial<SearchView>): void => {
    setSearchView(image.id, patch)
    focusSearch()
  }
  return [
    action('export', () => openExport(image.source)),
    action('search', () => search({ scope: 'image' })),
    {
      id: 'search inside',
      label: 'Search inside files',
      onClick: () => search({ scope: 'image', isInside: true }),
    },
    ...imageTabs.map((tab, at) => ({
      id: `tab ${tab}`,
      label: `Show ${tabNames[tab]}`,
      onClick: () => setTab(image.id, tab),
      rightSection: <Keys combination={`mod+${at + 1}`} />,
    })),
    action('close', () => closeImage(image.id)),
  ]
}

function useImageList(): SpotlightActionData[] {
  const open = useOpen()
  const engines = useEngines().data ?? []
  const openImages = useShell((state) => state.openImages)
  const showImage = useShell((state) => state.showImage)
  const ids = new Set(openImages.map((image) => image.id))
  const recent = (useRecent().data ?? []).filter(
    (image) => !image.isMissing && !ids.has(keyOfSource(image.source)),
  )
  return [
    ...openImages.map((image) => ({
      id: image.id,
      label: visible(image.title),
      description: placeText(image.source, engines),
      onClick: () => showImage(image.source, image.title),
    })),
    ...recent.map((image) => ({
      id: keyOfSource(image.source),
      label: visible(familiarName(image.title)),
      description: placeText(image.source, engines),
      onClick: () => void open.image(image.source, [image.title]),
    })),
  ]
}
