import { Button, Checkbox, MultiSelect, TextInput } from '@mantine/core'
import type { JSX } from 'react'
import { entryTypeSchema, type EntryType } from '../../shared/files.ts'
import { fateSchema, modeFilterSchema, type FateFilter, type ModeFilter } from '../../shared/query.ts'
import { TYPE_WORDS } from '../files/file-mode.ts'
import type { SearchView } from '../image/image-views.ts'
import { filterCount, filterOf, type CheckedBox, type FilterTexts } from './filter-texts.ts'
import type { SearchMode } from './question.ts'
import styles from './search.module.css'

interface FilterRowProps {
  readonly view: SearchView
  readonly mode: SearchMode
  readonly onChange: (patch: Partial<SearchView>) => void
  readonly onClear: () => void
}

const MODE_WORDS: Readonly<Record<ModeFilter, string>> = {
  setuid: 'setuid',
  setgid: 'setgid',
  sticky: 'sticky',
  'world-writable': 'world-writable',
  executable: 'executable',
}

const FATE_WORDS: Readonly<Record<FateFilter, string>> = {
  added: 'added (new path)',
  modified: 'modified (path was there)',
  surviving: 'surviving (in the image)',
  deleted: 'deleted by a later layer',
  hidden: 'hidden (deleted or replaced)',
}

/** Names the line that says what is wrong. */
const PROBLEMS = 'filter-problems'

const TYPES = entryTypeSchema.options.map((value) => ({ value, label: TYPE_WORDS[value] }))
const MODES = modeFilterSchema.options.map((value) => ({ value, label: MODE_WORDS[value] }))
const FATES = fateSchema.options.map((value) => ({ value, label: FATE_WORDS[value] }))

/** Which paths are looked at: their names, and what they are. */
export function FilterRow({ view, mode, onChange, onClear }: FilterRowProps): JSX.Element {
  const { filters } = view
  const { problems } = filterOf(filters)
  const set = (patch: Partial<FilterTexts>): void => onChange({ filters: { ...filters, ...patch } })
  const box = (name: CheckedBox, label: string, placeholder: string): JSX.Element => (
    <TextInput
      aria-label={label}
      label={label}
      placeholder={placeholder}
      className={styles[name] ?? ''}
      value={filters[name]}
      error={problems[name] !== undefined}
      aria-describedby={problems[name] === undefined ? undefined : PROBLEMS}
      maxLength={4096}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => set({ [name]: event.currentTarget.value })}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || filters[name] === '') return
        event.stopPropagation()
        set({ [name]: '' })
      }}
    />
  )
  return (
    <div className={styles['filters']} role="group" aria-label="Filters">
      {box('include', 'Files to include', '*.conf, etc, usr/{bin,sbin}')}
      {box('exclude', 'Files to exclude', 'node_modules, usr/share/doc')}
      <Choice
        label="Type"
        data={TYPES}
        value={filters.types}
        onChange={(types) => set({ types: types as EntryType[] })}
      />
      <Choice
        label="Mode"
        data={MODES}
        value={filters.modes}
        onChange={(modes) => set({ modes: modes as ModeFilter[] })}
      />
      <Choice
        label="Fate"
        data={FATES}
        value={filters.fates}
        onChange={(fates) => set({ fates: fates as FateFilter[] })}
      />
      {box('minSize', 'Size from', '10k')}
      {box('maxSize', 'Size to', '1.5 MB')}
      {box('owner', 'Owner', 'uid:gid')}
      {box('sha256', 'SHA-256', 'of a file, 64 digits')}
      <div className={styles['filterEnd']}>
        <p id={PROBLEMS} className={styles['problems']} role="status">
          {Object.values(problems).join(' · ')}
        </p>
        {mode === 'contents' && (
          <Checkbox
            label="Binary files too"
            checked={view.isBinary}
            onChange={(event) => onChange({ isBinary: event.currentTarget.checked })}
          />
        )}
        <Button
          variant="subtle"
          size="compact-xs"
          disabled={filterCount(filters) === 0 && !(mode === 'contents' && view.isBinary)}
          onClick={onClear}
        >
          Clear filters
        </Button>
      </div>
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly data: readonly { readonly value: string; readonly label: string }[]
  readonly value: readonly string[]
  readonly onChange: (value: string[]) => void
}

/** Any of some words; any at all where none is chosen. */
function Choice({ label, data, value, onChange }: ChoiceProps): JSX.Element {
  return (
    <MultiSelect
      label={label}
      size="xs"
      className={styles['choice'] ?? ''}
      placeholder={value.length === 0 ? 'Any' : ''}
      data={[...data]}
      value={[...value]}
      clearable={false}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
      onChange={onChange}
    />
  )
}
