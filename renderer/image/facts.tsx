import type { JSX, ReactNode } from 'react'
import styles from './image.module.css'

/** A list of named facts. */
export function Facts({ children }: { readonly children: ReactNode }): JSX.Element {
  return <dl className={styles['factList']}>{children}</dl>
}

export function Fact({
  name,
  children,
}: {
  readonly name: string
  readonly children: ReactNode
}): JSX.Element {
  return (
    <div className={styles['fact']}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
