import { TextInput, Tooltip } from '@mantine/core'
import type { JSX, KeyboardEvent, RefObject } from 'react'
import type { SearchView } from '../image/image-views.ts'
import { IconSearch } from '../parts/icons.ts'
import styles from './search.module.css'

interface SearchBoxProps {
  readonly box: RefObject<HTMLInputElement | null>
  readonly text: string
  readonly view: SearchView
  /** Why the text is no regular expression. */
  readonly problem: string | undefined
  readonly onText: (text: string) => void
  readonly onChange: (patch: Partial<SearchView>) => void
  /** Keys that are the results': arrows and Enter. */
  readonly onResultKey: (event: KeyboardEvent) => void
}

interface Toggle {
  readonly name: 'isCaseSensitive' | 'isWholeName' | 'isRegex'
  readonly sign: string
  readonly label: string
  readonly key: string
}

const TOGGLES: readonly Toggle[] = [
  { name: 'isCaseSensitive', sign: 'Aa', label: 'Match case', key: 'c' },
  { name: 'isWholeName', sign: '|ab|', label: 'Whole name', key: 'w' },
  { name: 'isRegex', sign: '.*', label: 'Regular expression', key: 'r' },
]

/** The box, with its toggles inside. */
export function SearchBox({
  box,
  text,
  view,
  problem,
  onText,
  onChange,
  onResultKey,
}: SearchBoxProps): JSX.Element {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    // By the key's place as well: Alt makes another character of it on a Mac.
    const toggle = event.altKey
      ? TOGGLES.find(({ key }) => event.key.toLowerCase() === key || event.code === `Key${key.toUpperCase()}`)
      : undefined
    if (toggle) {
      event.preventDefault()
      onChange({ [toggle.name]: !view[toggle.name] })
    } else if (['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Enter'].includes(event.key)) onResultKey(event)
    else if (event.key === 'Escape' && text !== '') {
      event.stopPropagation()
      onText('')
    }
  }
  return (
    <TextInput
      ref={box}
      size="sm"
      role="searchbox"
      aria-label="Search names in all layers"
      placeholder={
        view.isRegex
          ? 'Regular expression, anywhere in the path'
          : 'Name or part of it, or a glob such as *.pem'
      }
      autoFocus
      value={text}
      maxLength={4096}
      spellCheck={false}
      error={problem === undefined ? undefined : `Not a regular expression: ${problem}`}
      leftSection={<IconSearch size={15} aria-hidden="true" />}
      rightSectionWidth={112}
      rightSection={
        <div className={styles['toggles']}>
          {TOGGLES.map(({ name, sign, label, key }) => (
            <Tooltip key={name} label={`${label} (Alt+${key.toUpperCase()})`}>
              <button
                type="button"
                className={styles['toggle']}
                aria-label={label}
                aria-pressed={view[name]}
                onClick={() => {
                  onChange({ [name]: !view[name] })
                  box.current?.focus()
                }}
              >
                {sign}
              </button>
            </Tooltip>
          ))}
        </div>
      }
      onChange={(event) => onText(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  )
}
