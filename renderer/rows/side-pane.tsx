import { useRef, useState, type JSX, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import { useRemembered } from '../settings/remembered.ts'
import styles from './rows.module.css'

interface SidePaneProps {
  /** Under which the width is remembered. */
  readonly name: string
  readonly children: ReactNode
  /** What stands on the right; null where nothing does. */
  readonly side: ReactNode
}

/** The side's part of the whole, in percent. */
const INITIAL = 42
const LEAST = 20
const MOST = 80
const STEP = 4

/** Two panes and a handle between them; the right one only where there is something for it. Below 700 px it covers the left one. */
export function SidePane({ name, children, side }: SidePaneProps): JSX.Element {
  const [kept, remember] = useRemembered(name, INITIAL, isPercent)
  const [dragged, setDragged] = useState<number | null>(null)
  const whole = useRef<HTMLDivElement>(null)
  const width = dragged ?? kept

  const at = (event: PointerEvent): number => {
    const box = whole.current?.getBoundingClientRect()
    return box === undefined || box.width === 0
      ? width
      : bounded(((box.right - event.clientX) / box.width) * 100)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: width + STEP, ArrowRight: width - STEP, Home: MOST, End: LEAST }[event.key]
    if (to === undefined) return
    event.preventDefault()
    remember(bounded(to))
  }

  return (
    <div ref={whole} className={styles['panes']}>
      <div className={styles['main']}>{children}</div>
      {side && (
        <>
          <div
            className={styles['handle']}
            role="separator"
            aria-label="Width of the viewer"
            aria-orientation="vertical"
            aria-valuenow={Math.round(width)}
            aria-valuemin={LEAST}
            aria-valuemax={MOST}
            tabIndex={0}
            data-dragged={dragged !== null || undefined}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId)
              setDragged(at(event))
            }}
            onPointerMove={(event) => {
              if (dragged !== null) setDragged(at(event))
            }}
            onPointerUp={() => {
              if (dragged !== null) remember(dragged)
              setDragged(null)
            }}
            onPointerCancel={() => setDragged(null)}
          />
          <aside className={styles['side']} style={{ flexBasis: `${width}%` }}>
            {side}
          </aside>
        </>
      )}
    </div>
  )
}

function bounded(percent: number): number {
  return Math.min(MOST, Math.max(LEAST, percent))
}

function isPercent(value: unknown): value is number {
  return typeof value === 'number' && value >= LEAST && value <= MOST
}
