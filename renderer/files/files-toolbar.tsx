import { ActionIcon, SegmentedControl, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState, type JSX, type RefObject } from 'react'
import type { Change } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { FilesView } from '../image/image-views.ts'
import { IconX } from '../parts/icons.ts'
import { CHANGE_MARKS } from './change-mark.ts'
import styles from './files.module.css'
import { TreePicker } from './tree-picker.tsx'
import type { useFilesPreferences } from './use-preferences.ts'

interface FilesToolbarProps {
  readonly info: ImageInfo
  readonly view: FilesView
  readonly preferences: ReturnType<typeof useFilesPreferences>
  readonly filterBox: RefObject<HTMLInputElement | null>
  readonly onChange: (patch: Partial<FilesView>) => void
  /** The person is done with the filter and wants the rows. */
  readonly onDone: () => void
}

/** Typing rests this long before the rows follow, in milliseconds. */
const TYPING = 120

/** Which files: of which layers, changed how, named how, as a tree or a list. */
export function FilesToolbar(props: FilesToolbarProps): JSX.Element {
  const { info, view, preferences, filterBox, onChange, onDone } = props
  return (
    <div className={styles['toolbar']} role="toolbar" aria-label="Which files">
      <TreePicker info={info} tree={view.tree} onChange={(tree) => onChange({ tree })} />
      <SegmentedControl
        aria-label="View"
        value={preferences.view}
        onChange={(value) => preferences.setView(value === 'list' ? 'list' : 'tree')}
        data={[
          { value: 'tree', label: 'Tree' },
          { value: 'list', label: 'List' },
        ]}
      />
      <ChangeToggles changes={view.changes} onChange={(changes) => onChange({ changes })} />
      <FilterBox
        box={filterBox}
        filter={view.filter}
        onChange={(filter) => onChange({ filter })}
        onDone={onDone}
      />
    </div>
  )
}

const TOGGLES: readonly Change[] = ['added', 'modified', 'deleted']

/** Pressed ones are shown; with none pressed everything is, the unchanged too. */
function ChangeToggles(props: {
  changes: readonly Change[]
  readonly onChange: (changes: readonly Change[]) => void
}): JSX.Element {
  const { changes, onChange } = props
  return (
    <div className={styles['toggles']} role="group" aria-label="Changes shown">
      {TOGGLES.map((change) => {
        const { sign, word } = CHANGE_MARKS[change]
        const isOn = changes.includes(change)
        return (
          <Tooltip key={change} label={isOn ? `Show more than ${word} files` : `Only ${word} files`}>
            <button
              type="button"
              className={styles['toggle']}
              data-change={change}
              aria-label={`Only ${word}`}
              aria-pressed={isOn}
              onClick={() =>
                onChange(isOn ? changes.filter((other) => other !== change) : [...changes, change])
              }
            >
              <span aria-hidden="true">{sign}</span>
              <span className={styles['toggleWord']}>{word}</span>
            </button>
          </Tooltip>
        )
      })}
    </div>
  )
}

interface FilterBoxProps {
  readonly box: RefObject<HTMLInputElement | null>
  readonly filter: string
  readonly onChange: (filter: string) => void
  readonly onDone: () => void
}

function FilterBox({ box, filter, onChange, onDone }: FilterBoxProps): JSX.Element {
  const [text, setText] = useState(filter)
  const [seen, setSeen] = useState(filter)
  const report = useDebouncedCallback(onChange, TYPING)
  // Others empty the filter too: a reveal does, so that its path is among the rows.
  if (seen !== filter) {
    setSeen(filter)
    setText(filter)
  }
  const set = (next: string): void => {
    setText(next)
    report(next)
  }
  return (
    <TextInput
      ref={box}
      className={styles['filter'] ?? ''}
      aria-label="Filter files"
      placeholder="Filter: name, part of a path, or *.so"
      value={text}
      spellCheck={false}
      maxLength={4096}
      onChange={(event) => set(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === 'ArrowDown') {
          event.preventDefault()
          onDone()
        }
        if (event.key === 'Escape' && text !== '') {
          event.stopPropagation()
          set('')
        }
      }}
      rightSection={
        text === '' ? null : (
          <ActionIcon size={24} aria-label="Clear filter" onClick={() => set('')}>
            <IconX size={14} />
          </ActionIcon>
        )
      }
    />
  )
}
