import { memo, type JSX } from 'react'
import type { ContentHit, SearchHit, SearchQuery } from '../../shared/query.ts'
import { baseName, pathText } from '../files/paths.ts'
import { TypeIcon } from '../files/type-icon.tsx'
import { useHost } from '../host.ts'
import { Bytes } from '../parts/bytes.tsx'
import { formatCount } from '../parts/format.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { matchRanges } from './match-ranges.ts'
import {
  DismissCell,
  HitState,
  lineId,
  MarkedPath,
  placeOf,
  type CommandOf,
  type LineProps,
} from './result-parts.tsx'
import styles from './search.module.css'
import { snippetOf } from './snippet.ts'

interface HitRowProps extends LineProps {
  readonly hit: SearchHit
  readonly query: SearchQuery
  readonly level: number
  /** Its folders stand above it. */
  readonly isInTree: boolean
  /** What it stands below does not say which layer it is in. */
  readonly isLayerShown: boolean
  readonly commandOf: CommandOf
}

/** One path with the match marked, its size, and whether the final image still has it. */
export const HitRow = memo(function HitRow(props: HitRowProps): JSX.Element {
  const { hit, query, level, isInTree, isLayerShown, commandOf, line, top, isActive } = props
  const text = pathText(isInTree ? baseName(hit.path) : hit.path)
  const { canDrag } = useHost().info
  return (
    <div
      id={lineId(line)}
      className={styles['hit']}
      role="row"
      // An image that is not open may be another one by now.
      draggable={canDrag && !('imageID' in hit) && (hit.type === 'file' || hit.type === 'link')}
      aria-level={level}
      aria-selected={isActive}
      data-line={line}
      data-state={hit.state}
      style={placeOf(top, level)}
    >
      <span role="gridcell" className={styles['hitPath']} title={pathText(hit.path)}>
        <TypeIcon type={hit.type} />
        <MarkedPath text={text} ranges={matchRanges(text, query)} />
        {isLayerShown && <LayerMark layer={hit.layerIndex} commandOf={commandOf} />}
      </span>
      <span role="gridcell" className={styles['state']}>
        <HitState hit={hit} commandOf={commandOf} />
      </span>
      <span role="gridcell" className="number">
        <Bytes value={hit.size} />
      </span>
      <DismissCell name={text} />
    </div>
  )
})

interface LineRowProps extends LineProps {
  readonly hit: ContentHit
  readonly level: number
}

/** One line of the file that stands above it: its number, and the match in it. */
export const LineRow = memo(function LineRow({ hit, level, line, top, isActive }: LineRowProps): JSX.Element {
  const place = `${pathText(hit.path)}:${hit.line}`
  const { before, match, after } = snippetOf(hit)
  return (
    <div
      id={lineId(line)}
      className={styles['lineHit']}
      role="row"
      aria-level={level}
      aria-selected={isActive}
      data-line={line}
      title={place}
      style={placeOf(top, level)}
    >
      <span role="gridcell" className={styles['lineNumber']}>
        {formatCount(hit.line)}
      </span>
      <span role="gridcell" className={styles['snippet']}>
        <bdi>
          {before}
          <mark>{match}</mark>
          {after}
        </bdi>
      </span>
      <DismissCell name={place} />
    </div>
  )
})

function LayerMark({
  layer,
  commandOf,
}: {
  readonly layer: number
  readonly commandOf: CommandOf
}): JSX.Element {
  return (
    <span className={styles['origin']} title={commandOf(layer)}>
      <LayerSwatch index={layer} /> <span className="hidden">Layer </span>
      {layer}
    </span>
  )
}
