import { useEffect, useRef, useState } from 'react'

export interface ActiveLine {
  /** The line that somebody went to; null before anybody did. */
  readonly walked: number | null
  /** It, or else the first. */
  readonly active: number
  readonly moveTo: (line: number) => void
}

/** Other results are walked, and seen, from their start. */
export function useActiveLine(place: string, total: number, reveal: (line: number) => void): ActiveLine {
  const [position, setPosition] = useState<{ readonly place: string; readonly line: number | null }>({
    place,
    line: null,
  })
  const shown = useRef(place)
  useEffect(() => {
    if (shown.current === place) return
    shown.current = place
    reveal(0)
  }, [place, reveal])
  const walked = position.place === place ? position.line : null
  return {
    walked,
    active: walked === null ? 0 : Math.min(walked, Math.max(0, total - 1)),
    moveTo: (line) => {
      setPosition({ place, line })
      reveal(line)
    },
  }
}
