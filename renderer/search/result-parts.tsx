import type { CSSProperties, JSX, ReactNode } from 'react'
import type { SearchHit } from '../../shared/query.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { IconX } from '../parts/icons.ts'
import styles from './search.module.css'

/** What every line of the results has. */
export interface LineProps {
  readonly line: number
  readonly top: number
  readonly isActive: boolean
}

/** The command that made a layer, on one line; empty where nobody says. */
export type CommandOf = (layer: number) => string

export function lineId(line: number): string {
  return `hit-line-${line}`
}

/** Where a line stands, and how far it is set in. */
export function placeOf(top: number, level: number): CSSProperties {
  return { transform: `translateY(${top}px)`, '--level': level } as CSSProperties
}

/** Puts a line aside; the grid around it answers the click. */
export function DismissCell({ name }: { readonly name: string }): JSX.Element {
  return (
    <span role="gridcell" className={styles['dismissCell']}>
      <button
        type="button"
        className={styles['dismiss']}
        tabIndex={-1}
        data-dismiss
        aria-label={`Dismiss ${name}`}
      >
        <IconX size={14} />
      </button>
    </span>
  )
}

/** A text with parts of it marked. */
export function Marked(props: {
  readonly text: string
  readonly ranges: readonly (readonly [from: number, to: number])[]
}): JSX.Element {
  const { text, ranges } = props
  const pieces: ReactNode[] = []
  let at = 0
  for (const [from, to] of ranges) {
    pieces.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>)
    at = to
  }
  pieces.push(text.slice(at))
  return <>{pieces}</>
}

/** Whether the final image still has it, and which layer is to blame. */
export function HitState({
  hit,
  commandOf,
}: {
  readonly hit: SearchHit
  readonly commandOf: CommandOf
}): JSX.Element {
  if (hit.state === 'present') return <span className="dim">in the final image</span>
  const [sign, word] = hit.state === 'deleted' ? ['−', 'deleted'] : ['~', 'replaced']
  if (hit.by === undefined) {
    return (
      <span data-state={hit.state}>
        {sign} {word}
      </span>
    )
  }
  return (
    <span data-state={hit.state} title={commandOf(hit.by)}>
      {sign} {word} by layer {hit.by} <LayerSwatch index={hit.by} />
    </span>
  )
}
