import { memo, type CSSProperties, type JSX, type ReactNode } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { SearchHit, SearchQuery } from '../../shared/query.ts'
import { pathText } from '../files/paths.ts'
import { TypeIcon } from '../files/type-icon.tsx'
import { commandText } from '../image/command-text.ts'
import { layerCommand } from '../image/layer-facts.ts'
import { layerColour } from '../layer-colour.ts'
import { Bytes } from '../parts/bytes.tsx'
import { formatCount } from '../parts/format.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { IconChevronRight } from '../parts/icons.ts'
import { matchRanges } from './match-ranges.ts'
import styles from './search.module.css'

interface GroupRowProps {
  readonly info: ImageInfo
  readonly layer: number
  readonly count: number
  readonly isCollapsed: boolean
  readonly line: number
  readonly top: number
  readonly isActive: boolean
}

/** The head of a layer's hits: which layer, how many, and the command that made it. */
export const GroupRow = memo(function GroupRow(props: GroupRowProps): JSX.Element {
  const { info, layer, count, isCollapsed, line, top, isActive } = props
  const command = commandText(layerCommand(info, layer))
  return (
    <div
      id={lineId(line)}
      className={styles['group']}
      role="row"
      aria-level={1}
      aria-expanded={!isCollapsed}
      aria-selected={isActive}
      data-line={line}
      style={{ transform: `translateY(${top}px)`, '--layer': layerColour(layer) } as CSSProperties}
    >
      <span role="gridcell" className={styles['groupName']}>
        <IconChevronRight size={14} aria-hidden="true" />
        <LayerSwatch index={layer} />
        Layer {layer}
      </span>
      <span role="gridcell" className="mono dim truncate" title={command}>
        {command}
      </span>
      <span role="gridcell" className={styles['count']}>
        {formatCount(count)}
      </span>
    </div>
  )
})

interface HitRowProps {
  readonly info: ImageInfo
  readonly hit: SearchHit
  readonly query: SearchQuery
  readonly line: number
  readonly top: number
  readonly isActive: boolean
}

/** One hit: its path with the match marked, its size, and whether the final image still has it. */
export const HitRow = memo(function HitRow({
  info,
  hit,
  query,
  line,
  top,
  isActive,
}: HitRowProps): JSX.Element {
  return (
    <div
      id={lineId(line)}
      className={styles['hit']}
      role="row"
      aria-level={2}
      aria-selected={isActive}
      data-line={line}
      data-state={hit.state}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell" className={styles['hitPath']} title={pathText(hit.path)}>
        <TypeIcon type={hit.type} />
        <bdi>
          <Marked text={pathText(hit.path)} query={query} />
        </bdi>
      </span>
      <span role="gridcell" className={styles['state']}>
        <State info={info} hit={hit} />
      </span>
      <span role="gridcell" className="number">
        <Bytes value={hit.size} />
      </span>
    </div>
  )
})

function State({ info, hit }: { readonly info: ImageInfo; readonly hit: SearchHit }): JSX.Element {
  if (hit.state === 'present') return <span className="dim">in the final image</span>
  const [sign, word] = hit.state === 'deleted' ? ['−', 'deleted'] : ['~', 'replaced']
  if (hit.by === undefined) {
    return (
      <span data-state={hit.state}>
        {sign} {word}
      </span>
    )
  }
  const command = commandText(layerCommand(info, hit.by))
  return (
    <span data-state={hit.state} title={command}>
      {sign} {word} by layer {hit.by} <LayerSwatch index={hit.by} />
    </span>
  )
}

function Marked({ text, query }: { readonly text: string; readonly query: SearchQuery }): JSX.Element {
  const pieces: ReactNode[] = []
  let at = 0
  for (const [from, to] of matchRanges(text, query)) {
    pieces.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>)
    at = to
  }
  pieces.push(text.slice(at))
  return <>{pieces}</>
}

export function lineId(line: number): string {
  return `hit-line-${line}`
}
