import { Switch } from '@mantine/core'
import { useMemo, type JSX, type KeyboardEvent } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { isRemote } from '../names.ts'
import { useUniformRows } from '../rows/use-uniform-rows.ts'
import { useRemembered } from '../settings/remembered.ts'
import type { OpenImage } from '../store.ts'
import styles from './image.module.css'
import { useContributions } from './image-queries.ts'
import { chooseLayer, useChosenLayer } from './image-views.ts'
import { LayerDetail } from './layer-detail.tsx'
import { layerLines, layerWeight, type LayerLine } from './layer-facts.ts'
import { LayerRow, StepRow } from './layer-row.tsx'
import { PendingLine } from './pending-line.tsx'
import { useReading } from './use-reading.ts'

interface LayersTabProps {
  readonly image: OpenImage
  readonly info: ImageInfo
}

/** The build from the base on, a line per step; the chosen layer in full below. */
export function LayersTab({ image, info }: LayersTabProps): JSX.Element {
  const [hasSteps, setHasSteps] = useRemembered('layers.steps', true, isBoolean)
  const chosen = useChosenLayer(image.id) ?? info.layers.at(-1)?.index ?? null
  const lines = useMemo(
    () => layerLines(info).filter((line) => hasSteps || line.kind === 'layer'),
    [info, hasSteps],
  )
  const unread = info.layers.filter((layer) => layer.size === null).map((layer) => layer.index)
  // Sizes alone are no reason to fetch what may be gigabytes.
  const isOffered = isRemote(image.source)
  const job = useReading(image.source, unread.length > 0 && !isOffered)
  const isKnown = unread.length === 0 || !isOffered
  const contributions = useContributions(image.source, isKnown ? info.layers.length : 0)
  const { scroller, height, items, reveal } = useUniformRows(lines.length)
  const choose = (layer: number): void => chooseLayer(image.id, layer)
  const largest = Math.max(1, ...info.layers.map(layerWeight))
  const steps = info.history.filter((step) => step.layerIndex === null).length

  const onKeyDown = (event: KeyboardEvent): void => {
    const to = neighbour(lines, chosen, event.key)
    if (to === undefined) return
    event.preventDefault()
    choose(to)
    reveal(lines.findIndex((line) => line.kind === 'layer' && line.layer.index === to))
  }

  return (
    <div className={styles['layers']}>
      <div className={styles['toolbar']}>
        <span className="dim">Base first</span>
        {steps > 0 && (
          <Switch
            label={`Empty steps (${steps})`}
            checked={hasSteps}
            onChange={(event) => setHasSteps(event.currentTarget.checked)}
          />
        )}
      </div>
      <PendingLine source={image.source} job={job} pendingLayers={unread} info={info} isOffered={isOffered} />
      <div
        className={styles['layerTable']}
        role="grid"
        aria-label="Layers"
        aria-rowcount={lines.length + 1}
        aria-activedescendant={chosen === null ? undefined : `layer-${chosen}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className={styles['layerHead']} role="row">
          <span role="columnheader">#</span>
          <span role="columnheader">Command</span>
          <span role="columnheader" className="number" title="Bytes as stored in the source">
            Stored
          </span>
          <span role="columnheader" className="number" title="Bytes of the layer's tar">
            Uncompressed
          </span>
          <span
            role="columnheader"
            className="number"
            title="By how much the layer changes the size of all files together"
          >
            Adds
          </span>
          <span role="columnheader" className="number" title="Uncompressed layers up to and with this one">
            Running total
          </span>
        </div>
        <div className={styles['scroller']} ref={scroller}>
          <div style={{ height, position: 'relative' }} role="rowgroup">
            {items.map(({ index, top }) => {
              const line = lines[index]
              if (line === undefined) return null
              return line.kind === 'step' ? (
                <StepRow key={`step ${line.position}`} line={line} top={top} position={index + 2} />
              ) : (
                <LayerRow
                  key={line.layer.index}
                  line={line}
                  top={top}
                  position={index + 2}
                  share={layerWeight(line.layer) / largest}
                  contribution={contributions[line.layer.index] ?? null}
                  isChosen={line.layer.index === chosen}
                  onChoose={choose}
                />
              )
            })}
          </div>
        </div>
      </div>
      {chosen !== null && <LayerDetail image={image} info={info} index={chosen} />}
    </div>
  )
}

/** The layer a key leads to from the chosen one. */
function neighbour(lines: readonly LayerLine[], chosen: number | null, key: string): number | undefined {
  const layers = lines.flatMap((line) => (line.kind === 'layer' ? [line.layer.index] : []))
  const at = chosen === null ? -1 : layers.indexOf(chosen)
  switch (key) {
    case 'ArrowDown':
      return layers[Math.min(layers.length - 1, at + 1)]
    case 'ArrowUp':
      return layers[Math.max(0, at - 1)]
    case 'Home':
      return layers[0]
    case 'End':
      return layers.at(-1)
    default:
      return undefined
  }
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}
