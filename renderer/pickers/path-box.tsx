import { TextInput } from '@mantine/core'
import { useState, type JSX } from 'react'
import { useHost } from '../host.ts'
import { IconPencil } from '../parts/icons.ts'
import styles from './pickers.module.css'

interface PathBoxProps {
  readonly path: string
  readonly onGo: (path: string) => void
}

/** Where one is: a button for each folder on the way, and a box to type or paste a path into. */
export function PathBox({ path, onGo }: PathBoxProps): JSX.Element {
  const { info } = useHost()
  const [isTyping, setTyping] = useState(false)
  const [typed, setTyped] = useState(path)
  if (isTyping) {
    return (
      <TextInput
        className={styles['pathBox']}
        aria-label="Path"
        value={typed}
        autoFocus
        classNames={{ input: 'mono' }}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => setTyping(false)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            setTyping(false)
            if (typed.trim() !== '') onGo(typed.trim())
          } else if (event.key === 'Escape') {
            event.stopPropagation()
            setTyping(false)
          }
        }}
      />
    )
  }
  return (
    <div className={styles['crumbs']}>
      <nav aria-label="Folders on the way">
        {crumbsOf(path, info.separator).map(({ name, path }) => (
          <button key={path} type="button" onClick={() => onGo(path)}>
            <bdi>{name}</bdi>
          </button>
        ))}
      </nav>
      <button
        type="button"
        className={styles['type']}
        aria-label="Type a path"
        title="Type a path"
        onClick={() => {
          setTyped(path)
          setTyping(true)
        }}
      >
        <IconPencil size={14} />
      </button>
    </div>
  )
}

/** The folders on the way to a path, the root first. */
export function crumbsOf(
  path: string,
  separator: string,
): { readonly name: string; readonly path: string }[] {
  const parts = path.split(separator).filter((part) => part !== '')
  const isRooted = path.startsWith(separator)
  const crumbs = parts.map((name, at) => ({
    name,
    path:
      (isRooted ? separator : '') +
      parts.slice(0, at + 1).join(separator) +
      (at === 0 && !isRooted ? separator : ''),
  }))
  return isRooted ? [{ name: separator, path: separator }, ...crumbs] : crumbs
}
