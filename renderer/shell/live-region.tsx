import { useEffect, useState, type JSX } from 'react'
import { useShell } from '../store.ts'

/** A count that changes with every key pressed is said once it rests, in milliseconds. */
const REST = 500

/** What a screen reader is told: ends of jobs, counts of results. */
export function LiveRegion(): JSX.Element {
  const announcement = useShell((state) => state.announcement)
  const [said, setSaid] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setSaid(announcement), REST)
    return () => clearTimeout(timer)
  }, [announcement])
  return (
    <div className="hidden" role="status" aria-live="polite" aria-atomic="true">
      {said}
    </div>
  )
}
