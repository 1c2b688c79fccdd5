import { useEffect, useRef, useState } from 'react'

/** A value that follows at once where it changes seldom, and only when it has rested for `pause` milliseconds where it changes fast. */
export function useSettled<T>(value: T, pause: number): T {
  const [settled, setSettled] = useState(value)
  const changed = useRef(0)
  useEffect(() => {
    const now = performance.now()
    const wait = now - changed.current > pause ? 0 : pause
    changed.current = now
    const timer = setTimeout(() => setSettled(value), wait)
    return () => clearTimeout(timer)
  }, [value, pause])
  return settled
}
