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

type Range = readonly [from: number, to: number]

interface MarkedProps {
  readonly text: string
  readonly ranges: readonly Range[]
}

/** A path with parts of it marked, on one line; its folder gives way first, so that the name can be read. */
export function MarkedPath({ text, ranges }: MarkedProps): JSX.Element {
  const cut = text.lastIndexOf('/')
  const at = cut <= 0 ? 0 : cut
  return (
    <bdi className={styles['path']}>
      {at > 0 && (
        <span className={styles['folder']}>
          <Marked text={text.slice(0, at)} ranges={within(ranges, 0, at)} />
        </span>
      )}
      <span className={styles['name']}>
        <Marked text={text.slice(at)} ranges={within(ranges, at, text.length)} />
      </span>
    </bdi>
  )
}

/** What of the ranges lies between two places, counted from the first. */
function within(ranges: readonly Range[], start: number, end: number): readonly Range[] {
  return ranges
    .map(([from, to]): Range => [Math.max(from, start) - start, Math.min(to, end) - start])
    .filter(([from, to]) => from < to)
}

function Marked({ text, ranges }: MarkedProps): JSX.Element {
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
