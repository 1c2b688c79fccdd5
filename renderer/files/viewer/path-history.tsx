import type { CSSProperties, JSX } from 'react'
import type { PathVersion } from '../../../shared/files.ts'
import { commandText } from '../../image/command-text.ts'
import { layerColour } from '../../layer-colour.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { CHANGE_MARKS } from '../change-mark.ts'
import { pathText } from '../paths.ts'
import styles from './viewer.module.css'

interface PathHistoryProps {
  readonly history: readonly PathVersion[]
  /** The path itself: a whiteout of its own needs no naming. */
  readonly path: string
  /** The layer whose version is shown. */
  readonly shown: number | undefined
  readonly onView: (layer: number) => void
}

/** A path's life through the layers, base first. A version that can be read is a button that shows it. */
export function PathHistory({ history, path, shown, onView }: PathHistoryProps): JSX.Element {
  return (
    <ol className={styles['history']} aria-label="History">
      {history.map((version) => {
        const { sign, word } = CHANGE_MARKS[version.change]
        const command = commandText(version.createdBy)
        const by = version.by !== undefined && version.by !== path ? version.by : undefined
        const body = (
          <>
            <span className={styles['versionHead']}>
              <span className={styles['versionMark']} data-change={version.change} aria-hidden="true">
                {sign}
              </span>
              <span>
                Layer {version.layer}: {word}
              </span>
              {version.size !== undefined && version.change !== 'deleted' && (
                <span className="dim">
                  <Bytes value={version.size} />
                </span>
              )}
              {by !== undefined && <span className={styles['by']}>with {pathText(by)}</span>}
            </span>
            {command !== '' && (
              <span className={`mono dim truncate ${styles['versionCommand']}`} title={command}>
                {command}
              </span>
            )}
          </>
        )
        return (
          <li
            key={`${version.layer} ${version.change}`}
            className={styles['version']}
            style={{ '--layer': layerColour(version.layer) } as CSSProperties}
          >
            {version.change === 'deleted' ? (
              <div className={styles['versionBody']}>{body}</div>
            ) : (
              <button
                type="button"
                className={styles['versionBody']}
                aria-pressed={version.layer === shown}
                onClick={() => onView(version.layer)}
              >
                {body}
              </button>
            )}
          </li>
        )
      })}
    </ol>
  )
}
