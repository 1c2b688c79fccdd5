import { openSpotlight } from '@mantine/spotlight'
import { useEffect } from 'react'
import { imageTabs, useShell } from '../store.ts'
import { useOpen, type Open } from '../use-open.ts'
import { isModalOpen } from './is-modal-open.ts'
import { dismissLatest } from './notices.tsx'
import { useIsNarrow } from './use-is-narrow.ts'

/** The keys of the window (key-bindings.ts). Esc belongs to what lies on top: dialogs close themselves. */
export function useKeyboard(): void {
  const open = useOpen()
  const isNarrow = useIsNarrow()
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || isModalOpen()) return
      const act = actionOf(event, open, isNarrow)
      if (!act) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [open, isNarrow])
}

type Action = () => unknown

function actionOf(event: KeyboardEvent, open: Open, isNarrow: boolean): Action | undefined {
  const shell = useShell.getState()
  const isMod = event.ctrlKey || event.metaKey
  const key = event.key.toLowerCase()
  if (key === 'f1') return () => shell.showKeys(true)
  if (isMod && !event.altKey) return modActionOf(key, event, open, isNarrow)
  if (event.altKey && !isMod) return altActionOf(event, open)
  if (key === '?' && !isTyping(event.target)) return () => shell.showKeys(true)
  if (key === 'escape') return shell.isSidebarOver ? () => shell.toggleSidebar(true) : dismissLatest
  return undefined
}

function modActionOf(key: string, event: KeyboardEvent, open: Open, isNarrow: boolean): Action | undefined {
  const shell = useShell.getState()
  const active = shell.openImages.find((image) => image.id === shell.activeImage)
  if (event.shiftKey) {
    if (key === 'o') return () => shell.openRegistries()
    if (key === 'e') return () => shell.openEngines()
    if (key === 'p') return openSpotlight
    if (key === 'f') return shell.focusSearch
    return undefined
  }
  if (key === 'o') return () => void open.pick('file')
  if (key === 'k') return openSpotlight
  if (key === ',') return () => shell.go('settings')
  if (key === 'b') return () => shell.toggleSidebar(isNarrow)
  if (key === 'e' && active && shell.page === 'image') return () => shell.openExport(active.source)
  return tabActionOf(event)
}

/** A browser keeps some of Ctrl's keys to itself; Alt's are ours. `code` is read since Alt changes the letter on a Mac. */
function altActionOf(event: KeyboardEvent, open: Open): Action | undefined {
  const shell = useShell.getState()
  const { activeImage } = shell
  if (event.code === 'KeyH') return () => shell.go('home')
  if (event.code === 'KeyJ') return () => shell.go('jobs')
  if (event.code === 'KeyO' && !isTyping(event.target)) return () => void open.pick('folder')
  if (event.code === 'KeyW' && shell.page === 'image' && activeImage !== null && !isTyping(event.target)) {
    return () => shell.closeImage(activeImage)
  }
  return tabActionOf(event)
}

function tabActionOf(event: KeyboardEvent): Action | undefined {
  const { page, activeImage, setTab } = useShell.getState()
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1]
  const tab = digit === undefined ? undefined : imageTabs[Number(digit) - 1]
  if (page !== 'image' || activeImage === null || !tab) return undefined
  return () => setTab(activeImage, tab)
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}
