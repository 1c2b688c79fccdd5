import { create } from 'zustand'
import { createJSONStorage, persist } from 'zustand/middleware'
import type { Candidate } from '../shared/contract.ts'
import { keyOfSource } from '../shared/source-name.ts'
import type { SourceSpec } from '../shared/uri.ts'
import type { WireState } from './client.ts'

export type Page = 'home' | 'search' | 'image' | 'jobs' | 'settings'

/** The tabs of an image page, in the order of their keys (Ctrl/Cmd+1…). */
export const imageTabs = ['overview', 'layers', 'files', 'search'] as const
export type ImageTab = (typeof imageTabs)[number]

export interface OpenImage {
  /** The source as a key: opening the same one twice selects it. */
  readonly id: string
  readonly source: SourceSpec
  readonly title: string
  readonly tab: ImageTab
}

/** A question of the window's own picker; `resolve` is called once, with null where it was dismissed. */
export interface PickerRequest {
  readonly mode: 'file' | 'folder' | 'save'
  readonly purpose: string
  readonly suggestedName?: string
  readonly resolve: (path: string | null) => void
}

/** Several images in one file or folder, to choose from. */
export interface ImageChoice {
  readonly path: string
  readonly candidates: readonly Candidate[]
}

/** A file on its way to being an open image. */
export interface Opening {
  readonly id: number
  readonly name: string
  readonly cancel: () => void
}

/** The engine picker is shown: on this engine, or on the one that people mean where they name none. */
export interface EngineRequest {
  readonly socket: string | null
}

/** The registry picker is shown with this text typed in; looked up at once where it is whole. */
export interface RegistryRequest {
  readonly text: string
  readonly isWhole: boolean
}

interface ShellState {
  readonly page: Page
  readonly openImages: readonly OpenImage[]
  readonly activeImage: string | null
  /** Grows each time the search box is asked for: focus it when this changes. */
  readonly searchFocus: number
  readonly exporting: SourceSpec | null
  /** The job that a dialog shows already: its end needs no notice. */
  readonly watchedJob: string | null
  /** Files with several images that wait for a choice; the first is asked. */
  readonly choices: readonly ImageChoice[]
  readonly picker: PickerRequest | null
  readonly engines: EngineRequest | null
  readonly registries: RegistryRequest | null
  readonly opening: readonly Opening[]
  readonly isKeysShown: boolean
  readonly isSidebarHidden: boolean
  /** On a narrow window the sidebar lies over the page, and only when asked for. */
  readonly isSidebarOver: boolean
  readonly wire: WireState
  /** What a screen reader is told next. */
  readonly announcement: string

  readonly go: (page: Exclude<Page, 'image'>) => void
  /** Shows an image, opening it where it is not open yet. */
  readonly showImage: (source: SourceSpec, title: string, tab?: ImageTab) => void
  readonly closeImage: (id: string) => void
  readonly setTab: (id: string, tab: ImageTab) => void
  /** A better name for an image, once it is known. */
  readonly setTitle: (id: string, title: string) => void
  /** The Search tab of the active image with its box focused; without one, or on the page that searches all, that page. */
  readonly focusSearch: () => void
  /** The page that searches all images, with its box focused. */
  readonly searchAll: () => void
  readonly openExport: (source: SourceSpec) => void
  readonly closeExport: () => void
  readonly watchJob: (id: string | null) => void
  readonly addChoice: (choice: ImageChoice) => void
  /** The first choice is made or dismissed. */
  readonly endChoice: () => void
  readonly openPicker: (request: PickerRequest) => void
  readonly answerPicker: (path: string | null) => void
  readonly openEngines: (socket?: string) => void
  readonly closeEngines: () => void
  readonly openRegistries: (request?: Partial<RegistryRequest>) => void
  readonly closeRegistries: () => void
  readonly addOpening: (opening: Opening) => void
  readonly removeOpening: (id: number) => void
  readonly showKeys: (isShown: boolean) => void
  readonly toggleSidebar: (isNarrow: boolean) => void
  readonly setWire: (wire: WireState) => void
  readonly announce: (text: string) => void
}

function changed(
  images: readonly OpenImage[],
  id: string,
  change: Partial<Pick<OpenImage, 'tab' | 'title'>>,
): readonly OpenImage[] {
  const at = images.findIndex((image) => image.id === id)
  const image = images[at]
  return image ? images.with(at, { ...image, ...change }) : images
}

/** Where the person is and what is open; nothing that the main process knows. Survives a reload of the page, not a new session. */
export const useShell = create<ShellState>()(
  persist(
    (set, get) => ({
      page: 'home',
      openImages: [],
      activeImage: null,
      searchFocus: 0,
      exporting: null,
      watchedJob: null,
      choices: [],
      picker: null,
      engines: null,
      registries: null,
      opening: [],
      isKeysShown: false,
      isSidebarHidden: false,
      isSidebarOver: false,
      wire: 'open',
      announcement: '',

      go: (page) => set({ page, isSidebarOver: false }),
      showImage: (source, title, tab) => {
        const id = keyOfSource(source)
        const { openImages } = get()
        const isOpen = openImages.some((image) => image.id === id)
        set({
          page: 'image',
          activeImage: id,
          isSidebarOver: false,
          openImages: isOpen
            ? changed(openImages, id, tab ? { tab } : {})
            : [...openImages, { id, source, title, tab: tab ?? 'overview' }],
        })
      },
      closeImage: (id) => {
        const { openImages, activeImage, page } = get()
        const at = openImages.findIndex((image) => image.id === id)
        const rest = openImages.filter((image) => image.id !== id)
        const isActive = activeImage === id
        const next = isActive ? (rest[Math.min(at, rest.length - 1)]?.id ?? null) : activeImage
        set({ openImages: rest, activeImage: next, page: page === 'image' && next === null ? 'home' : page })
      },
      setTab: (id, tab) => set({ openImages: changed(get().openImages, id, { tab }) }),
      setTitle: (id, title) => set({ openImages: changed(get().openImages, id, { title }) }),
      focusSearch: () => {
        const { page, activeImage, setTab, searchFocus, searchAll } = get()
        if (activeImage === null || page === 'search') return searchAll()
        setTab(activeImage, 'search')
        set({ page: 'image', searchFocus: searchFocus + 1 })
      },
      searchAll: () => set({ page: 'search', isSidebarOver: false, searchFocus: get().searchFocus + 1 }),
      openExport: (source) => set({ exporting: source }),
      closeExport: () => set({ exporting: null, watchedJob: null }),
      watchJob: (id) => set({ watchedJob: id }),
      addChoice: (choice) => set({ choices: [...get().choices, choice] }),
      endChoice: () => set({ choices: get().choices.slice(1) }),
      openPicker: (request) => {
        get().picker?.resolve(null)
        set({ picker: request })
      },
      answerPicker: (path) => {
        get().picker?.resolve(path)
        set({ picker: null })
      },
      openEngines: (socket) => set({ engines: { socket: socket ?? null }, isSidebarOver: false }),
      closeEngines: () => set({ engines: null }),
      openRegistries: ({ text = '', isWhole = false } = {}) =>
        set({ registries: { text, isWhole }, isSidebarOver: false }),
      closeRegistries: () => set({ registries: null }),
      addOpening: (opening) => set({ opening: [...get().opening, opening] }),
      removeOpening: (id) => set({ opening: get().opening.filter((opening) => opening.id !== id) }),
      showKeys: (isShown) => set({ isKeysShown: isShown }),
      toggleSidebar: (isNarrow) =>
        set(isNarrow ? { isSidebarOver: !get().isSidebarOver } : { isSidebarHidden: !get().isSidebarHidden }),
      setWire: (wire) => set({ wire }),
      // A screen reader says a text again only where it differs: an equal one gets a space that is not heard.
      announce: (text) => set({ announcement: text === get().announcement ? `${text}\u00a0` : text }),
    }),
    {
      name: 'occystrap.shell',
      version: 1,
      storage: createJSONStorage(() => sessionStorage),
      partialize: ({ page, openImages, activeImage, isSidebarHidden }) => ({
        page,
        openImages,
        activeImage,
        isSidebarHidden,
      }),
    },
  ),
)

export function useActiveImage(): OpenImage | undefined {
  return useShell((state) => state.openImages.find((image) => image.id === state.activeImage))
}
