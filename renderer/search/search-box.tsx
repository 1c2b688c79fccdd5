import { TextInput, Tooltip } from '@mantine/core'
import type { JSX, KeyboardEvent, RefObject } from 'react'
import type { SearchView } from '../image/image-views.ts'
import { IconSearch } from '../parts/icons.ts'
import type { SearchMode } from './question.ts'
import { togglesOf } from './search-toggles.ts'
import styles from './search.module.css'
import type { History } from './use-history.ts'

interface SearchBoxProps {
  readonly box: RefObject<HTMLInputElement | null>
  readonly text: string
  readonly view: SearchView
  readonly mode: SearchMode
  readonly history: History
  /** Why the text is no regular expression. */
  readonly problem: string | undefined
  readonly onText: (text: string) => void
  readonly onChange: (patch: Partial<SearchView>) => void
  /** Into the results, by so many pages or one line. */
  readonly onEnterResults: (step: 'line' | 'page') => void
  /** Enter: opens the result walked to, or walks to the first. */
  readonly onOpen: () => void
}

const LABELS: Readonly<Record<SearchMode, string>> = {
  names: 'Search names in all layers',
  contents: 'Search inside files in all layers',
  everywhere: 'Search names in all images',
}

/**
 * The box, with its toggles inside. Up and down walk the texts of earlier searches; down from the newest goes into the results, as
 * Ctrl+Down does from any.
 */
export function SearchBox(props: SearchBoxProps): JSX.Element {
  const { box, text, view, mode, history, problem, onText, onChange } = props
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (actOn(event, props)) event.preventDefault()
    else if (event.key === 'Escape' && text !== '') {
      event.stopPropagation()
      history.add(text)
      history.rest()
      onText('')
    }
  }
  return (
    <TextInput
      ref={box}
      size="sm"
      role="searchbox"
      aria-label={LABELS[mode]}
      placeholder={placeholderOf(mode, view.isRegex)}
      autoFocus
      value={text}
      maxLength={4096}
      spellCheck={false}
      autoComplete="off"
      error={problem === undefined ? undefined : `Not a regular expression: ${problem}`}
      leftSection={<IconSearch size={15} aria-hidden="true" />}
      rightSectionWidth={204}
      rightSection={
        <div className={styles['toggles']}>
          {togglesOf(mode).map(({ name, sign, label, key, isBarred }) => (
            <Tooltip key={name} label={isBarred ?? `${label} (Alt+${key})`}>
              <button
                type="button"
                className={styles['toggle']}
                aria-label={label}
                aria-pressed={isBarred === undefined && view[name]}
                aria-disabled={isBarred !== undefined}
                data-word={name === 'isInside' || undefined}
                onClick={() => {
                  if (isBarred === undefined) onChange({ [name]: !view[name] })
                  box.current?.focus()
                }}
              >
                {sign}
              </button>
            </Tooltip>
          ))}
        </div>
      }
      onChange={(event) => {
        history.rest()
        onText(event.currentTarget.value)
      }}
      onBlur={() => history.add(text)}
      onKeyDown={onKeyDown}
    />
  )
}

/** Whether the key was one of the box's own. */
function actOn(event: KeyboardEvent, props: SearchBoxProps): boolean {
  const { text, history, onText, onEnterResults, onOpen } = props
  if (event.nativeEvent.isComposing || event.altKey || event.metaKey) return false
  const isPlain = !event.ctrlKey && !event.shiftKey
  const show = (next: string | undefined): void => {
    if (next !== undefined) onText(next)
  }
  if (event.key === 'ArrowUp' && isPlain) show(history.older(text))
  else if (event.key === 'ArrowDown' && isPlain && history.isWalked()) show(history.newer())
  else if (event.key === 'ArrowDown' && !event.shiftKey) enter('line')
  else if (event.key === 'PageDown' && isPlain) enter('page')
  else if (event.key === 'Enter' && isPlain) {
    history.add(text)
    onOpen()
  } else return false
  return true

  function enter(step: 'line' | 'page'): void {
    history.add(text)
    onEnterResults(step)
  }
}

function placeholderOf(mode: SearchMode, isRegex: boolean): string {
  if (mode === 'contents') return isRegex ? 'Regular expression, within a line' : 'Text within a line'
  return isRegex ? 'Regular expression, anywhere in the path' : 'Name or part of it, or a glob such as *.pem'
}
