import type { JSX } from 'react'
import type { FileRow } from '../../../shared/files.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { SourceSpec } from '../../../shared/uri.ts'
import { octalMode } from '../file-mode.ts'
import { useFileRow, type VersionPair } from './use-viewed-file.ts'
import styles from './viewer.module.css'

interface MetadataChangesProps {
  readonly source: SourceSpec
  readonly path: PathBytes
  readonly pair: VersionPair
}

/** Which of mode, owner and time differ between two versions. */
export function MetadataChanges({ source, path, pair }: MetadataChangesProps): JSX.Element | null {
  const before = useFileRow(source, { path, tree: { layer: pair.before, isMerged: true } }).data
  const after = useFileRow(source, { path, tree: { layer: pair.after, isMerged: true } }).data
  if (!before || !after) return null
  const differing = metadataChanges(before, after)
  return (
    <ul className={styles['metadata']} aria-label="Changes of mode, owner and time">
      {differing.length === 0 && <li>Mode, owner and time are the same</li>}
      {differing.map(({ name, from, to }) => (
        <li key={name}>
          {name} <span className="mono">{from}</span> → <span className="mono">{to}</span>
        </li>
      ))}
    </ul>
  )
}

interface MetadataChange {
  readonly name: string
  readonly from: string
  readonly to: string
}

type Metadata = Pick<FileRow, 'mode' | 'uid' | 'gid' | 'mtime'>

export function metadataChanges(before: Metadata, after: Metadata): readonly MetadataChange[] {
  const texts = (row: Metadata): readonly (readonly [name: string, text: string])[] => [
    ['Mode', octalMode(row.mode)],
    ['Owner', `${row.uid}:${row.gid}`],
    ['Time', timeText(row.mtime)],
  ]
  const old = texts(before)
  return texts(after).flatMap(([name, to], at) => {
    const from = old[at]?.[1] ?? ''
    return from === to ? [] : [{ name, from, to }]
  })
}

/** Seconds since 1970, as far as a calendar goes. */
function timeText(seconds: number): string {
  const date = new Date(Math.floor(seconds) * 1000)
  if (Number.isNaN(date.getTime())) return `${seconds} s`
  return date.toISOString().replace('T', ' ').replace('.000Z', ' UTC')
}
