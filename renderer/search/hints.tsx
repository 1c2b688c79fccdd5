import type { JSX } from 'react'
import { freshSearch, type SearchView } from '../image/image-views.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Keys } from '../parts/keys.tsx'
import { NO_TEXTS } from './filter-texts.ts'
import type { SearchMode } from './question.ts'
import styles from './search.module.css'

interface Example {
  readonly sign: string
  readonly words: string
  readonly patch: Partial<SearchView>
}

const PLAIN: Partial<SearchView> = {
  isRegex: false,
  isInside: false,
  isWholeName: false,
  isWholeWord: false,
  filters: freshSearch.filters,
}

const NAMES: readonly Example[] = [
  { sign: '*.pem', words: 'certificates and keys', patch: { ...PLAIN, text: '*.pem' } },
  {
    sign: 'setuid',
    words: 'programs that run as their owner',
    patch: {
      ...PLAIN,
      text: '',
      filters: { ...NO_TEXTS, types: ['file'], modes: ['setuid'] },
      isFilterShown: true,
    },
  },
  {
    sign: '> 10 MB',
    words: 'the largest files',
    patch: {
      ...PLAIN,
      text: '',
      filters: { ...NO_TEXTS, types: ['file'], minSize: '10 MB' },
      isFilterShown: true,
    },
  },
  {
    sign: 'deleted',
    words: 'what a later layer deleted, and is in the image still',
    patch: { ...PLAIN, text: '', filters: { ...NO_TEXTS, fates: ['deleted'] }, isFilterShown: true },
  },
]

const INSIDE: readonly Example[] = [
  {
    sign: 'PRIVATE KEY',
    words: 'keys inside files',
    patch: { ...PLAIN, isInside: true, text: 'PRIVATE KEY-----', isCaseSensitive: true },
  },
  {
    sign: 'password',
    words: 'in the files below etc',
    patch: {
      ...PLAIN,
      isInside: true,
      text: 'password',
      filters: { ...NO_TEXTS, include: '/etc' },
      isFilterShown: true,
    },
  },
]

interface HintsProps {
  readonly mode: SearchMode
  /** No image is open here: the key leads elsewhere once one is. */
  readonly isAlone: boolean
  readonly onChange: (patch: Partial<SearchView>) => void
}

/** Nothing is asked yet: what can be, by examples to click. */
export function Hints({ mode, isAlone, onChange }: HintsProps): JSX.Element {
  const examples = mode === 'everywhere' ? NAMES : mode === 'contents' ? INSIDE : [...NAMES, ...INSIDE]
  return (
    <div className={styles['hints']}>
      <EmptyState title={TITLES[mode]}>
        <p>Deleted and replaced files are found too, with the layer and the command that did it.</p>
        <ul className={styles['examples']} aria-label="Examples">
          {examples.map(({ sign, words, patch }) => (
            <li key={sign}>
              <button type="button" className={styles['example']} onClick={() => onChange(patch)}>
                <span className="mono">{sign}</span>
                <span className="dim">{words}</span>
              </button>
            </li>
          ))}
        </ul>
        <p>
          {!isAlone && (
            <>
              <Keys combination="mod+shift+F" /> brings you here from anywhere,{' '}
            </>
          )}
          <Keys combination="F4" /> walks the results.
        </p>
      </EmptyState>
    </div>
  )
}

const TITLES: Readonly<Record<SearchMode, string>> = {
  names: 'Find a path in any layer',
  contents: 'Find a text inside the files of any layer',
  everywhere: 'Find a path in all images opened before',
}
