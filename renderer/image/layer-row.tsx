import { memo, type CSSProperties, type JSX } from 'react'
import { layerColour } from '../layer-colour.ts'
import { Bytes } from '../parts/bytes.tsx'
import { formatBytes, formatCount } from '../parts/format.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { commandText } from './command-text.ts'
import styles from './image.module.css'
import type { LayerLine } from './layer-facts.ts'

interface StepRowProps {
  readonly line: LayerLine & { readonly kind: 'step' }
  readonly top: number
  /** aria-rowindex */
  readonly position: number
}

/** A step that changed the config only. */
export const StepRow = memo(function StepRow({ line, top, position }: StepRowProps): JSX.Element {
  const command = commandText(line.step.createdBy) || commandText(line.step.comment)
  return (
    <div
      className={`${styles['layerRow']} ${styles['step']}`}
      role="row"
      aria-rowindex={position}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell" />
      <span role="gridcell" className="mono truncate" title={command}>
        {command === '' ? 'empty step' : command}
      </span>
      <span role="gridcell" className="number">
        empty step
      </span>
    </div>
  )
})

/** A shorter bar would be a speck. */
const LEAST_BAR = 0.04

interface LayerRowProps {
  readonly line: LayerLine & { readonly kind: 'layer' }
  readonly top: number
  readonly position: number
  /** Of the largest layer: 0 to 1. */
  readonly share: number
  /** Signed bytes; null while unknown. */
  readonly contribution: number | null
  readonly isChosen: boolean
  readonly onChoose: (layer: number) => void
}

export const LayerRow = memo(function LayerRow(props: LayerRowProps): JSX.Element {
  const { line, top, position, share, contribution, isChosen, onChoose } = props
  const { layer, step } = line
  const command = commandText(layer.createdBy ?? step?.createdBy)
  // The bar stands under the size that it shows.
  const isRead = layer.size !== null || layer.compressedSize === null
  const barred = `number ${styles['barred']}`
  return (
    <div
      id={`layer-${layer.index}`}
      className={styles['layerRow']}
      role="row"
      aria-rowindex={position}
      aria-selected={isChosen}
      style={
        {
          transform: `translateY(${top}px)`,
          '--layer': layerColour(layer.index),
          '--share': share < LEAST_BAR ? 0 : share,
        } as CSSProperties
      }
      onClick={() => onChoose(layer.index)}
    >
      <span role="gridcell" className={styles['layerNumber']}>
        <LayerSwatch index={layer.index} />
        {layer.index}
      </span>
      <span role="gridcell" className="mono truncate" title={command}>
        {command === '' ? <span className="dim">no command recorded</span> : command}
      </span>
      <span role="gridcell" className={isRead ? 'number' : barred}>
        <Bytes value={layer.compressedSize} />
      </span>
      <span role="gridcell" className={isRead ? barred : 'number'}>
        <Bytes value={layer.size} />
      </span>
      <span role="gridcell" className="number">
        <SignedBytes value={contribution} />
      </span>
      <span role="gridcell" className="number dim">
        <Bytes value={line.runningTotal} />
      </span>
    </div>
  )
})

function SignedBytes({ value }: { readonly value: number | null }): JSX.Element {
  if (value === null) return <Bytes value={null} />
  return (
    <span title={`${value > 0 ? '+' : ''}${formatCount(value)} bytes`}>
      {value > 0 ? '+' : ''}
      {formatBytes(value)}
    </span>
  )
}
