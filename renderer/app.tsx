import { Notifications } from '@mantine/notifications'
import { lazy, Suspense, type JSX } from 'react'
import { EnginePicker } from './engines/engine-picker.tsx'
import { useFollowEngines } from './engines/follow-engines.ts'
import { ExportWizard } from './export/export-wizard.tsx'
import { Home } from './home/home.tsx'
import { JobsPage } from './jobs/jobs-page.tsx'
import { useJobWatch } from './jobs/use-job-watch.tsx'
import { ImageChooser } from './pickers/image-chooser.tsx'
import { PathPicker } from './pickers/path-picker.tsx'
import { RegistryPicker } from './registries/registry-picker.tsx'
import { SettingsPage } from './settings/settings-page.tsx'
import { useTheme } from './settings/use-theme.ts'
import { CommandPalette } from './shell/command-palette.tsx'
import { DropOverlay } from './shell/drop-overlay.tsx'
import { Header } from './shell/header.tsx'
import { KeyList } from './shell/key-list.tsx'
import { LiveRegion } from './shell/live-region.tsx'
import styles from './shell/shell.module.css'
import { Sidebar } from './shell/sidebar.tsx'
import { useIsNarrow } from './shell/use-is-narrow.ts'
import { useKeyboard } from './shell/use-keyboard.ts'
import { useLeaveGuard } from './shell/use-leave-guard.ts'
import { useOpened } from './shell/use-opened.ts'
import { WireBanner } from './shell/wire-banner.tsx'
import { useActiveImage, useShell } from './store.ts'

const ImagePage = lazy(async () => ({ default: (await import('./image/image-page.tsx')).ImagePage }))

const SearchPage = lazy(async () => ({ default: (await import('./search/search-page.tsx')).SearchPage }))

/** The window: sidebar, header, one page, and what may lie over them. */
export function App(): JSX.Element {
  useJobWatch()
  useTheme()
  useKeyboard()
  useOpened()
  useLeaveGuard()
  useFollowEngines()
  return (
    <>
      <div className={styles['shell']}>
        <Side />
        <div className={styles['main']}>
          <Header />
          <WireBanner />
          <main id="page" className={styles['page']} tabIndex={-1}>
            <Page />
          </main>
        </div>
      </div>
      <DropOverlay />
      <ImageChooser />
      <ExportWizard />
      <EnginePicker />
      <RegistryPicker />
      <PathPicker />
      <KeyList />
      <CommandPalette />
      <LiveRegion />
      {/* Below dialogs: what lies on top is answered first. */}
      <Notifications
        zIndex={190}
        notificationMaxHeight={640}
        position="bottom-right"
        limit={4}
        transitionDuration={100}
        containerWidth={400}
      />
    </>
  )
}

function Page(): JSX.Element {
  const page = useShell((state) => state.page)
  const image = useActiveImage()
  switch (page) {
    case 'home':
      return <Home />
    case 'search':
      return (
        <Suspense fallback={null}>
          <SearchPage />
        </Suspense>
      )
    case 'jobs':
      return <JobsPage />
    case 'settings':
      return <SettingsPage />
    case 'image':
      return image ? (
        <Suspense fallback={null}>
          <ImagePage key={image.id} image={image} />
        </Suspense>
      ) : (
        <Home />
      )
  }
}

function Side(): JSX.Element | null {
  const isNarrow = useIsNarrow()
  const isHidden = useShell((state) => state.isSidebarHidden)
  const isOver = useShell((state) => state.isSidebarOver)
  const toggle = useShell((state) => state.toggleSidebar)
  if (!isNarrow) return isHidden ? <span /> : <Sidebar />
  if (!isOver) return <span />
  return (
    <>
      <span />
      {/* The keyboard leaves it by Esc (use-keyboard); a click beside it is the pointer's way. */}
      <div
        className={styles['over']}
        role="presentation"
        onClick={(event) => event.target === event.currentTarget && toggle(true)}
      >
        <Sidebar />
      </div>
    </>
  )
}
