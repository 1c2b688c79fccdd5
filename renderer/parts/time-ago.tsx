import { useEffect, useState, type JSX } from 'react'
import { formatAgo } from './format.ts'

interface TimeAgoProps {
  /** Milliseconds since 1970, or an RFC 3339 text as images carry it. */
  readonly time: number | string
}

const MINUTE = 60_000

/** A time relative to now, exact on hover; `—` where the text is no time. */
export function TimeAgo({ time }: TimeAgoProps): JSX.Element {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE)
    return () => clearInterval(timer)
  }, [])
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return <span className="dim">—</span>
  const exact = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  return (
    <time dateTime={date.toISOString()} title={exact}>
      {formatAgo(date.getTime(), Math.max(now, date.getTime()))}
    </time>
  )
}
