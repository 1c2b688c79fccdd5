import type { JSX } from 'react'
import { formatBytes, formatCount } from './format.ts'

interface BytesProps {
  /** null where nobody knows yet. */
  readonly value: number | null
}

/** A size in three digits, exact on hover. Put it into a `number` cell to align it. */
export function Bytes({ value }: BytesProps): JSX.Element {
  if (value === null) {
    return (
      <span className="dim" title="Not known yet">
        —
      </span>
    )
  }
  return <span title={`${formatCount(value)} bytes`}>{formatBytes(value)}</span>
}
