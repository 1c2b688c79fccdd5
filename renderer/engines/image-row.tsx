import { memo, type JSX, type MouseEvent } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Digest } from '../parts/digest.tsx'
import { counted } from '../parts/format.ts'
import { TailText } from '../parts/path-text.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import styles from './engines.module.css'
import { lineTitle, NONE, type ImageLine } from './image-lines.ts'

export interface RowEvents {
  readonly click: (event: MouseEvent, index: number) => void
  readonly toggle: (index: number) => void
  readonly open: (line: ImageLine) => void
}

interface ImageRowProps {
  readonly line: ImageLine
  readonly index: number
  readonly id: string
  readonly top: number
  readonly height: number
  readonly isChosen: boolean
  /** The keyboard is on it. */
  readonly isActive: boolean
  readonly on: RowEvents
}

/** One line of an engine's images. */
export const ImageRow = memo(function ImageRow(props: ImageRowProps): JSX.Element {
  const { line, index, id, top, height, isChosen, isActive, on } = props
  return (
    <div
      id={id}
      className={styles['row']}
      style={{ top, height }}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      data-active={isActive || undefined}
      onClick={(event) => on.click(event, index)}
      onDoubleClick={() => on.open(line)}
    >
      <span role="gridcell">
        <input
          type="checkbox"
          className={styles['check']}
          tabIndex={-1}
          aria-label={`Choose ${lineTitle(line)}`}
          checked={isChosen}
          onChange={() => on.toggle(index)}
          onClick={(event) => event.stopPropagation()}
          onDoubleClick={(event) => event.stopPropagation()}
        />
      </span>
      <span role="gridcell" className={styles['name']}>
        {line.name === null ? <span className="dim">{NONE}</span> : <TailText text={line.name} />}
        {line.containers > 0 && (
          <span className={styles['used']} title={`Used by ${counted(line.containers, 'container')}`}>
            in use
          </span>
        )}
      </span>
      <span
        role="gridcell"
        className="mono truncate"
        title={line.tag === null ? undefined : visible(line.tag)}
      >
        {line.tag === null ? <span className="dim">{NONE}</span> : visible(line.tag)}
      </span>
      <span role="gridcell" className={styles['id']}>
        <Digest digest={line.id} name="image ID" />
      </span>
      <span role="gridcell" className="number">
        <Bytes value={line.size} />
      </span>
      <span role="gridcell" className="number dim">
        <TimeAgo time={line.created} />
      </span>
      <span role="gridcell" className="truncate" title={visible(line.platform)}>
        <PlatformText platform={line.platform} />
      </span>
    </div>
  )
})

/** Nearly every image is for Linux: where it is tight that goes without saying. */
function PlatformText({ platform }: { readonly platform: string }): JSX.Element {
  if (platform === '') return <span className="dim">—</span>
  const rest = platform.replace(/^linux\//, '')
  return (
    <>
      {rest !== platform && <span className={styles['usual']}>linux/</span>}
      {visible(rest)}
    </>
  )
}
