import { Button, Popover, TextInput } from '@mantine/core'
import { useState, type JSX } from 'react'
import { failureOf, useClient } from '../client.ts'
import { IconFolderPlus } from '../parts/icons.ts'
import styles from './pickers.module.css'

interface NewFolderProps {
  readonly parent: string
  readonly onMade: (path: string) => void
}

/** Makes a folder in the one that is shown, and goes there. */
export function NewFolder({ parent, onMade }: NewFolderProps): JSX.Element {
  const client = useClient()
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [error, setError] = useState<string | null>(null)

  const make = async (): Promise<void> => {
    try {
      const { path } = await client.picker.createFolder({ parent, name: name.trim() })
      setOpen(false)
      setName('')
      onMade(path)
    } catch (failure) {
      setError(failureOf(failure).message)
    }
  }

  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      trapFocus
      returnFocus
      withinPortal={false}
    >
      <Popover.Target>
        <Button variant="default" leftSection={<IconFolderPlus size={14} />} onClick={() => setOpen(!isOpen)}>
          New folder
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles['newFolder']}>
          <TextInput
            aria-label="Name of the new folder"
            placeholder="Name"
            value={name}
            error={error}
            data-autofocus
            onChange={(event) => {
              setName(event.currentTarget.value)
              setError(null)
            }}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              event.preventDefault()
              if (name.trim() !== '') void make()
            }}
          />
          <Button disabled={name.trim() === ''} onClick={() => void make()}>
            Create
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
