import type { JSX } from 'react'
import type { Sort, Tree } from '../../shared/files.ts'
import { IconArrowDown, IconArrowUp } from '../parts/icons.ts'
import styles from './files.module.css'
import { marksOf } from './tree-picker.tsx'
import type { useFilesPreferences } from './use-preferences.ts'

/** The columns' names; a click on one that sorts sorts by it, another click the other way round. */
export function FileHead({
  tree,
  preferences,
}: {
  readonly tree: Tree
  readonly preferences: ReturnType<typeof useFilesPreferences>
}): JSX.Element {
  const { sort, setSort } = preferences
  return (
    <div className={styles['head']} role="row" aria-rowindex={1}>
      <SortHead by="name" name="Name" sort={sort} onSort={setSort} />
      <span role="columnheader" className={styles['mark']} title={marksOf(tree)}>
        ±
      </span>
      <SortHead by="size" name="Size" sort={sort} onSort={setSort} />
      <span role="columnheader" className={styles['mode']}>
        Mode
      </span>
      <span role="columnheader" className={`number ${styles['owner']}`} title="User and group">
        Owner
      </span>
      <span role="columnheader" className={`number ${styles['time']}`}>
        Modified
      </span>
      <span role="columnheader" className={styles['layerCell']}>
        Layer
      </span>
    </div>
  )
}

interface SortHeadProps {
  readonly by: Sort['by']
  readonly name: string
  readonly sort: Sort
  readonly onSort: (sort: Sort) => void
}

function SortHead({ by, name, sort, onSort }: SortHeadProps): JSX.Element {
  const isSorted = sort.by === by
  const Arrow = sort.isDescending ? IconArrowDown : IconArrowUp
  // The first click shows what one looks for: the largest, and A before Z.
  const isDescending = isSorted ? !sort.isDescending : by === 'size'
  return (
    <span
      role="columnheader"
      className={by === 'size' ? styles['size'] : styles['nameHead']}
      aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className={styles['sort']} onClick={() => onSort({ by, isDescending })}>
        {by === 'name' && name}
        {isSorted && <Arrow size={13} aria-hidden="true" />}
        {by === 'size' && name}
      </button>
    </span>
  )
}
