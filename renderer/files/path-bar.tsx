import { ActionIcon, TextInput, Tooltip } from '@mantine/core'
import { useState, type JSX } from 'react'
import { displayPath, type PathBytes } from '../../shared/path-bytes.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { IconPencil } from '../parts/icons.ts'
import styles from './files.module.css'
import { ancestorsOf, baseName, pathText, typedPath } from './paths.ts'

interface PathBarProps {
  /** The path the keyboard is on; '' is the root. */
  readonly path: PathBytes
  readonly onGoTo: (path: PathBytes) => void
}

/** Where one is in the tree: each directory a step back; a click beside them takes a typed or pasted path. */
export function PathBar({ path, onGoTo }: PathBarProps): JSX.Element {
  const [draft, setDraft] = useState<string | null>(null)
  if (draft !== null) {
    return (
      <form
        className={styles['pathBar']}
        onSubmit={(event) => {
          event.preventDefault()
          setDraft(null)
          // What was not touched goes back as the bytes it is: they may be no UTF-8.
          onGoTo(draft === `/${displayPath(path)}` ? path : typedPath(draft))
        }}
      >
        <TextInput
          autoFocus
          className={styles['pathInput'] ?? ''}
          aria-label="Go to path"
          value={draft}
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => setDraft(null)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return
            event.stopPropagation()
            setDraft(null)
          }}
        />
      </form>
    )
  }
  const edit = (): void => setDraft(`/${displayPath(path)}`)
  const { steps, isShortened } = stepsOf(path)
  return (
    <nav className={styles['pathBar']} aria-label="Path" onDoubleClick={edit}>
      <ol className={styles['crumbs']}>
        {steps.map((step, i) => (
          <li key={step} data-shortened={(isShortened && i === 1) || undefined}>
            {i === steps.length - 1 && step !== '' ? (
              <bdi aria-current="location">{pathText(baseName(step))}</bdi>
            ) : (
              <button type="button" onClick={() => onGoTo(step)}>
                <bdi>{step === '' ? '/' : pathText(baseName(step))}</bdi>
              </button>
            )}
          </li>
        ))}
      </ol>
      <Tooltip label="Type or paste a path">
        <ActionIcon size={24} aria-label="Type or paste a path" onClick={edit}>
          <IconPencil size={14} />
        </ActionIcon>
      </Tooltip>
      {path !== '' && <CopyButton value={`/${displayPath(path)}`} label="Copy path" />}
    </nav>
  )
}

/** Directories named at either end of a long path. */
const FIRST_STEPS = 1
const LAST_STEPS = 4

/** The path and all above it, the root first; of a long one the middle is left out (it can be typed). */
function stepsOf(path: PathBytes): { readonly steps: readonly PathBytes[]; readonly isShortened: boolean } {
  const all = ['', ...ancestorsOf(path), ...(path === '' ? [] : [path])]
  if (all.length <= FIRST_STEPS + LAST_STEPS + 2) return { steps: all, isShortened: false }
  return { steps: [...all.slice(0, FIRST_STEPS), ...all.slice(-LAST_STEPS)], isShortened: true }
}
