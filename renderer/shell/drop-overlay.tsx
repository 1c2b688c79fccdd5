import { useEffect, useState, type JSX } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import { useHost } from '../host.ts'
import { IconFileImport, IconX } from '../parts/icons.ts'
import { useOpen } from '../use-open.ts'
import { isModalOpen } from './is-modal-open.ts'
import { noticeFailure } from './notices.tsx'
import styles from './shell.module.css'

type Hover = { readonly count: number; readonly isRefused: boolean }

const folderInBrowser: ErrorReport = {
  code: 'unsupported',
  message: 'A browser cannot hand over a dropped folder.',
  remedy: 'Use Open a folder, or drop the tarball itself.',
}

/** Takes files dropped anywhere in the window, and says beforehand what will happen. */
export function DropOverlay(): JSX.Element | null {
  const open = useOpen()
  const { info } = useHost()
  const [hover, setHover] = useState<Hover | null>(null)

  useEffect(() => {
    // Entering a child fires before leaving its parent: the depth tells whether the pointer left the window.
    let depth = 0
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = isModalOpen() ? 'none' : 'copy'
    }
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      depth++
      setHover({ count: event.dataTransfer?.items.length ?? 1, isRefused: isModalOpen() })
    }
    const leave = (event: DragEvent): void => {
      if (hasFiles(event) && --depth <= 0) reset()
    }
    const reset = (): void => {
      depth = 0
      setHover(null)
    }
    const drop = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      reset()
      if (isModalOpen() || !event.dataTransfer) return
      const { files, folders } = droppedOf(event.dataTransfer)
      if (info.host === 'electron') return void open.files([...files, ...folders])
      for (const folder of folders) noticeFailure(folder.name, folderInBrowser)
      if (files.length > 0) void open.files(files)
    }
    const listeners = { dragenter: enter, dragover: over, dragleave: leave, drop, dragend: reset }
    for (const [name, listener] of Object.entries(listeners)) {
      window.addEventListener(name, listener as EventListener)
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        window.removeEventListener(name, listener as EventListener)
      }
    }
  }, [open, info.host])

  if (!hover) return null
  return (
    <div className={styles['drop']} data-refused={hover.isRefused || undefined}>
      <div>
        {hover.isRefused ? <IconX size={32} /> : <IconFileImport size={32} />}
        <strong>{hover.isRefused ? 'Close the dialog first' : wordsFor(hover.count)}</strong>
        <span className="dim">
          {hover.isRefused
            ? 'Nothing is opened while a dialog is open'
            : info.host === 'browser'
              ? 'Copied to the machine Occystrap runs on, then read in place'
              : 'Read in place; nothing is copied'}
        </span>
      </div>
    </div>
  )
}

function wordsFor(count: number): string {
  return count > 1 ? `Open ${count} images` : 'Open this image'
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') === true
}

/** Files and folders of a drop; must be asked for before the event is over. */
function droppedOf(transfer: DataTransfer): { files: File[]; folders: File[] } {
  const files: File[] = []
  const folders: File[] = []
  for (const item of transfer.items) {
    const file = item.getAsFile()
    if (file) (item.webkitGetAsEntry()?.isDirectory ? folders : files).push(file)
  }
  return { files, folders }
}
