import { useMemo, useState, type KeyboardEvent } from 'react'
import type { ImageLine } from './image-lines.ts'

/** Which lines are chosen. They are known by their keys: sorting, filtering and news from the engine leave the choice alone. */
export interface LineSelection {
  /** Index of the line the keyboard is on; -1 where there is none. */
  readonly active: number
  readonly isChosen: (line: ImageLine) => boolean
  /** In the order shown. */
  readonly chosen: readonly ImageLine[]
  /** Goes to a line and chooses it alone, or all from the first chosen one to it. */
  readonly moveTo: (index: number, isRange?: boolean) => void
  /** Adds a line to the chosen ones, or takes it away. */
  readonly toggle: (index: number) => void
  readonly count: number
  /** Lines in a screenful, for the keys that go by it; the table sets it. */
  readonly page: { size: number }
}

interface Choice {
  readonly active: string | null
  /** Where a range starts. */
  readonly anchor: string | null
  readonly keys: ReadonlySet<string>
}

const nothing: Choice = { active: null, anchor: null, keys: new Set() }

/** A choice of lines; the first is chosen while nobody chose another, so that Enter opens what is on top. */
export function useLineSelection(lines: readonly ImageLine[]): LineSelection {
  const [choice, setChoice] = useState<Choice>(nothing)
  const [page] = useState({ size: 10 })
  return useMemo(() => {
    const indexOf = (key: string | null): number =>
      key === null ? -1 : lines.findIndex((line) => line.key === key)
    const kept = lines.filter((line) => choice.keys.has(line.key))
    const found = indexOf(choice.active)
    const active = found >= 0 ? found : lines.length > 0 ? 0 : -1
    const first = lines[active]
    const chosen = kept.length > 0 || first === undefined || found >= 0 ? kept : [first]
    const keys = new Set(chosen.map((line) => line.key))

    const moveTo = (index: number, isRange = false): void => {
      const at = Math.max(0, Math.min(index, lines.length - 1))
      const line = lines[at]
      if (!line) return
      if (!isRange) return setChoice({ active: line.key, anchor: line.key, keys: new Set([line.key]) })
      const anchor = indexOf(choice.anchor)
      const from = anchor >= 0 ? anchor : active
      const range = lines.slice(Math.min(from, at), Math.max(from, at) + 1)
      setChoice({
        active: line.key,
        anchor: lines[from]?.key ?? line.key,
        keys: new Set(range.map((line) => line.key)),
      })
    }
    const toggle = (index: number): void => {
      const line = lines[index]
      if (!line) return
      const next = new Set(keys)
      if (!next.delete(line.key)) next.add(line.key)
      setChoice({ active: line.key, anchor: line.key, keys: next })
    }
    return {
      active,
      chosen,
      isChosen: (line) => keys.has(line.key),
      moveTo,
      toggle,
      count: lines.length,
      page,
    }
  }, [lines, choice, page])
}

/** Moves by a key; false where the key means nothing here. Shift takes the lines on the way along. */
export function lineMove(event: KeyboardEvent, selection: LineSelection): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  const { active, count, page } = selection
  const moves: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page.size,
    PageUp: active - page.size,
    Home: 0,
    End: count - 1,
  }
  const to = moves[event.key]
  if (to === undefined || count === 0) return false
  selection.moveTo(to, event.shiftKey)
  return true
}
