import { TextInput } from '@mantine/core'
import { useEffect, useId, useState, type JSX, type KeyboardEvent, type Ref } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { counted } from '../parts/format.ts'
import { Said } from '../parts/said.tsx'
import styles from './registries.module.css'
import type { Suggestions } from './use-completion.ts'

interface ReferenceBoxProps {
  readonly box: Ref<HTMLInputElement>
  readonly text: string
  readonly suggestions: Suggestions
  /** Why the text is no reference. */
  readonly problem: string | null
  readonly onText: (text: string) => void
  /** What another Enter does, once nothing is left to choose; null while there is. */
  readonly onOpen: (() => void) | null
}

const nouns = {
  registries: ['registry', 'registries'],
  repositories: ['repository', 'repositories'],
  tags: ['tag', 'tags'],
  nothing: ['name', 'names'],
} as const

/** The one box for a reference. Its list goes on with what is typed: arrows choose, Enter or Tab takes, Esc puts the list away. */
export function ReferenceBox({
  box,
  text,
  suggestions,
  problem,
  onText,
  onOpen,
}: ReferenceBoxProps): JSX.Element {
  const id = useId()
  const { kind, names, isAsking, take } = suggestions
  const [isOpen, setOpen] = useState(false)
  const [cursor, setCursor] = useState(-1)
  const isShown = isOpen && names.length > 0
  const at = isShown && cursor < names.length ? cursor : -1
  const [noun, plural] = nouns[kind]

  useEffect(() => {
    if (at >= 0) document.getElementById(`${id}${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [id, at])

  const choose = (name: string): void => {
    onText(take(name))
    setCursor(-1)
    // After a registry a repository comes, then a tag, and then nothing.
    setOpen(kind !== 'tags')
  }
  const press = (event: KeyboardEvent): void => {
    const name = names[at]
    const isTaken = event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)
    if (event.key === 'ArrowDown') {
      setOpen(true)
      setCursor(isShown ? Math.min(names.length - 1, at + 1) : 0)
    } else if (event.key === 'ArrowUp' && isShown) setCursor(Math.max(-1, at - 1))
    else if (event.key === 'Escape' && isShown) setOpen(false)
    else if (isTaken && name !== undefined) choose(name)
    else {
      if (event.key !== 'Enter') return
      setOpen(false)
      if (!onOpen) return
      onOpen()
    }
    event.preventDefault()
  }

  return (
    <div className={styles['box']}>
      <TextInput
        ref={box}
        aria-label="Reference of the image"
        placeholder="debian:12, or registry.example.org/team/app:1.0"
        classNames={{ input: 'mono' }}
        role="combobox"
        aria-expanded={isShown}
        aria-controls={`${id}list`}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}${at}` : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        data-autofocus
        // Esc is the list's while it is open, and the dialog's afterwards.
        data-mantine-stop-propagation={isShown ? 'true' : undefined}
        value={text}
        error={problem}
        onChange={(event) => {
          onText(event.currentTarget.value)
          setOpen(true)
          setCursor(-1)
        }}
        onFocus={() => setOpen(text === '')}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={press}
      />
      {isOpen && isAsking && <span className={styles['asking']} aria-hidden="true" />}
      {isShown && (
        <ul id={`${id}list`} className={styles['list']} role="listbox" aria-label={capital(plural)}>
          {names.map((name, index) => (
            <li
              key={name}
              id={`${id}${index}`}
              className={styles['option']}
              role="option"
              aria-selected={index === at}
              // The box keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(name)}
            >
              <bdi>{visible(name)}</bdi>
            </li>
          ))}
        </ul>
      )}
      <Said text={isShown ? counted(names.length, noun, plural) : ''} />
    </div>
  )
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
