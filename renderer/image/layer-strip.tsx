import { Tooltip } from '@mantine/core'
import type { CSSProperties, JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { layerColour } from '../layer-colour.ts'
import { formatBytes, formatCount } from '../parts/format.ts'
import { commandText } from './command-text.ts'
import styles from './image.module.css'
import { layerCommand, layerWeight, stripSegments } from './layer-facts.ts'

interface LayerStripProps {
  readonly info: ImageInfo
  /** Layers that stand out; all where empty. */
  readonly selected?: readonly number[]
  /** A number per layer shown in its segment: hits of a search. */
  readonly counts?: readonly number[]
  /** What choosing a segment does, for its name: "Show". */
  readonly verb: string
  readonly onChoose: (layer: number) => void
}

const NONE: readonly number[] = []

/** More segments than this are narrower than they can be pointed at. */
const MOST_SEGMENTS = 256

/** The image's layers from the base on the left, each as wide as its bytes. */
export function LayerStrip({
  info,
  selected = NONE,
  counts,
  verb,
  onChoose,
}: LayerStripProps): JSX.Element | null {
  if (info.layers.length === 0 || info.layers.length > MOST_SEGMENTS) return null
  const most = Math.max(1, ...(counts ?? []))
  return (
    <div className={styles['strip']} role="group" aria-label="Layers, base first">
      {stripSegments(info.layers).map(({ layer, fraction }) => {
        const count = counts?.[layer.index]
        const isQuiet =
          counts === undefined
            ? isLeftOut(selected, layer.index)
            : (count ?? 0) === 0 || isLeftOut(selected, layer.index)
        const command = commandText(layerCommand(info, layer.index))
        const facts = [
          `Layer ${layer.index}`,
          formatBytes(layerWeight(layer)),
          ...(count === undefined ? [] : [`${formatCount(count)} found`]),
        ].join(' · ')
        return (
          <Tooltip
            key={layer.index}
            multiline
            position="bottom"
            maw={420}
            label={<SegmentLabel facts={facts} command={command} />}
          >
            <button
              type="button"
              className={styles['segment']}
              style={{ '--layer': layerColour(layer.index), flexGrow: fraction } as CSSProperties}
              data-quiet={isQuiet || undefined}
              aria-label={`${verb} ${facts}${command === '' ? '' : `: ${command}`}`}
              aria-pressed={selected.includes(layer.index)}
              onClick={() => onChoose(layer.index)}
            >
              {count !== undefined && count > 0 && (
                <>
                  <span aria-hidden="true">{formatCount(count)}</span>
                  <i
                    className={styles['density']}
                    style={{ '--share': share(count, most) } as CSSProperties}
                  />
                </>
              )}
            </button>
          </Tooltip>
        )
      })}
    </div>
  )
}

function SegmentLabel({ facts, command }: { readonly facts: string; readonly command: string }): JSX.Element {
  return (
    <>
      <span>{facts}</span>
      {command !== '' && <span className={styles['segmentCommand']}>{command}</span>}
    </>
  )
}

/** By orders of magnitude: one hit is seen beside a layer with ten thousand. */
function share(count: number, most: number): number {
  return Math.log1p(count) / Math.log1p(most)
}

function isLeftOut(selected: readonly number[], layer: number): boolean {
  return selected.length > 0 && !selected.includes(layer)
}
