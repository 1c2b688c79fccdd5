import { Button } from '@mantine/core'
import type { CSSProperties, JSX } from 'react'
import type { PathVersion } from '../../../shared/files.ts'
import { commandText } from '../../image/command-text.ts'
import { layerColour } from '../../layer-colour.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { CHANGE_MARKS } from '../change-mark.ts'
import { pathText } from '../paths.ts'
import { pairOf, type VersionPair } from './use-viewed-file.ts'
import styles from './viewer.module.css'

interface PathHistoryProps {
  readonly history: readonly PathVersion[]
  /** The path itself: a whiteout of its own needs no naming. */
  readonly path: string
  /** The layer whose version is shown. */
  readonly shown: number | undefined
  /** The versions that are compared now. */
  readonly compared: VersionPair | undefined
  readonly onView: (layer: number) => void
  readonly onCompare: (pair: VersionPair) => void
}

/** A path's life through the layers, base first. A version that can be read is a button that shows it; files can be compared. */
export function PathHistory(props: PathHistoryProps): JSX.Element {
  const { history, path, shown, compared, onView, onCompare } = props
  return (
    <ol className={styles['history']} aria-label="History">
      {history.map((version) => {
        const { layer, change } = version
        const pair = change === 'deleted' ? undefined : pairOf(history, layer)
        const body = <Version version={version} path={path} />
        return (
          <li
            key={`${layer} ${change}`}
            className={styles['version']}
            style={{ '--layer': layerColour(layer) } as CSSProperties}
          >
            {change === 'deleted' ? (
              <div className={styles['versionBody']}>{body}</div>
            ) : (
              <button
                type="button"
                className={styles['versionBody']}
                aria-pressed={layer === shown && compared === undefined}
                onClick={() => onView(layer)}
              >
                {body}
              </button>
            )}
            {pair && (
              <Button
                variant="subtle"
                size="compact-xs"
                className={styles['compare'] ?? ''}
                aria-label={`Compare with layer ${pair.before}`}
                aria-pressed={compared?.after === layer}
                onClick={() => onCompare(pair)}
              >
                Compare
              </Button>
            )}
          </li>
        )
      })}
    </ol>
  )
}

interface VersionProps {
  readonly version: PathVersion
  readonly path: string
}

/** What a layer did to the path, and the command that made it. */
function Version({ version, path }: VersionProps): JSX.Element {
  const { sign, word } = CHANGE_MARKS[version.change]
  const command = commandText(version.createdBy)
  const by = version.by !== undefined && version.by !== path ? version.by : undefined
  return (
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
}
