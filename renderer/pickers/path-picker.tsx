import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type JSX } from 'react'
import type { FolderEntry } from '../../shared/contract.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { baseName } from '../parts/format.ts'
import { IconArrowUp } from '../parts/icons.ts'
import { settingsKey, useSettings } from '../queries.ts'
import { useShell, type PickerRequest } from '../store.ts'
import { FolderList } from './folder-list.tsx'
import { NewFolder } from './new-folder.tsx'
import { PathBox } from './path-box.tsx'
import styles from './pickers.module.css'

/** The window's own dialog for files and folders, where the host has none. */
export function PathPicker(): JSX.Element {
  const request = useShell((state) => state.picker)
  const answer = useShell((state) => state.answerPicker)
  return (
    <Modal
      opened={request !== null}
      onClose={() => answer(null)}
      title={request && titleOf(request)}
      size={720}
      zIndex={400}
      classNames={{ body: styles['dialog'] ?? '' }}
    >
      {request && <Picker request={request} answer={answer} />}
    </Modal>
  )
}

function titleOf({ mode, purpose }: PickerRequest): string {
  if (mode === 'file') return 'Open a file'
  if (mode === 'save') return 'Save as'
  return purpose === 'open' ? 'Open a folder' : 'Choose a folder'
}

interface PickerProps {
  readonly request: PickerRequest
  readonly answer: (path: string | null) => void
}

function Picker({ request, answer }: PickerProps): JSX.Element {
  const client = useClient()
  const { info } = useHost()
  const queries = useQueryClient()
  const settings = useSettings().data
  const [asked, setAsked] = useState(settings?.folders[request.purpose])
  const [showHidden, setShowHidden] = useState(false)
  const [selected, setSelected] = useState<FolderEntry | null>(null)
  const [name, setName] = useState(request.suggestedName ?? '')
  const folder = useQuery({
    queryKey: ['folder', asked ?? '', showHidden],
    queryFn: ({ signal }) =>
      client.picker.list({ ...(asked === undefined ? {} : { path: asked }), showHidden }, { signal }),
    staleTime: 0,
    placeholderData: (before) => before,
  })
  const listing = folder.data
  const path = listing?.path ?? asked ?? info.home

  const enter = (folder: string): void => {
    setSelected(null)
    setAsked(folder)
  }
  const finish = (chosen: string): void => {
    const { mode, purpose } = request
    const at = mode === 'folder' ? chosen : path
    // Forgetting the folder costs a few clicks the next time, and is no error to show.
    client.settings
      .set({ folders: { ...settings?.folders, [purpose]: at } })
      .then((settings) => queries.setQueryData(settingsKey, settings))
      .catch(() => undefined)
    answer(chosen)
  }
  const activate = (entry: FolderEntry): void => {
    if (entry.type === 'directory') enter(entry.path)
    else if (request.mode === 'file') finish(entry.path)
    else if (request.mode === 'save') setName(entry.name)
  }
  const select = (entry: FolderEntry | null): void => {
    setSelected(entry)
    if (entry?.type === 'file' && request.mode === 'save') setName(entry.name)
  }

  const entries =
    listing?.entries.filter((entry) => request.mode !== 'folder' || entry.type === 'directory') ?? []
  const isReplacing =
    request.mode === 'save' && entries.some((entry) => entry.type === 'file' && entry.name === name)
  const chosen = chosenPath(request, path, selected, name, info.separator)
  return (
    <form
      className={styles['picker']}
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen !== null) finish(chosen)
      }}
    >
      <div className={styles['bar']}>
        <Button
          variant="default"
          aria-label="Up one folder"
          disabled={!listing?.parent}
          onClick={() => listing?.parent && enter(listing.parent)}
        >
          <IconArrowUp size={14} />
        </Button>
        <PathBox key={path} path={path} onGo={enter} />
        {request.mode !== 'file' && <NewFolder parent={path} onMade={enter} />}
      </div>
      {folder.isError ? (
        <div className={styles['failure']}>
          <ErrorNote
            report={failureOf(folder.error)}
            action={
              <Button variant="default" size="compact-xs" onClick={() => enter(info.home)}>
                Go to the home folder
              </Button>
            }
          />
        </div>
      ) : (
        <FolderList
          folder={path}
          entries={entries}
          selected={selected}
          isPending={folder.isPending}
          onSelect={select}
          onActivate={activate}
          onUp={() => listing?.parent && enter(listing.parent)}
        />
      )}
      {listing?.isTruncated && (
        <p className="dim">
          This folder holds more than is listed here. Type a path above to reach the rest.
        </p>
      )}
      {request.mode === 'save' && (
        <TextInput
          label="Name"
          value={name}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
          description={isReplacing ? 'A file of this name is here and will be replaced.' : undefined}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
        />
      )}
      <footer className={styles['foot']}>
        <Checkbox
          label="Show hidden"
          checked={showHidden}
          onChange={(event) => setShowHidden(event.currentTarget.checked)}
        />
        <span className={styles['space']} />
        <Button variant="default" onClick={() => answer(null)}>
          Cancel
        </Button>
        <Button type="submit" disabled={chosen === null || folder.isError}>
          {confirmLabel(request, chosen, isReplacing)}
        </Button>
      </footer>
    </form>
  )
}

/** What the confirm button would answer; null while nothing is chosen. */
function chosenPath(
  { mode }: PickerRequest,
  path: string,
  selected: FolderEntry | null,
  name: string,
  separator: string,
): string | null {
  switch (mode) {
    case 'file':
      return selected?.type === 'file' ? selected.path : null
    case 'folder':
      return selected?.path ?? path
    case 'save': {
      const isName = name.trim() !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name)
      return isName ? `${path.endsWith(separator) ? path : path + separator}${name}` : null
    }
  }
}

function confirmLabel({ mode }: PickerRequest, chosen: string | null, isReplacing: boolean): string {
  if (mode === 'file') return 'Open'
  if (mode === 'save') return isReplacing ? 'Replace' : 'Save'
  return `Choose ${chosen === null ? 'folder' : baseName(chosen) || chosen}`
}
