import { useCallback, type JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { KnownImage } from '../../shared/query.ts'
import { commandText } from '../image/command-text.ts'
import { layerCommand } from '../image/layer-facts.ts'
import type { UniformRows } from '../rows/use-uniform-rows.ts'
import type { Hit } from './found.ts'
import { FileHead, FolderHead, ImageHead, LayerHead, RestRow } from './head-row.tsx'
import { HitRow, LineRow } from './hit-row.tsx'
import type { Question } from './question.ts'
import type { ResultLine, ResultLines } from './result-lines.ts'
import type { CommandOf, LineProps } from './result-parts.tsx'
import styles from './search.module.css'

interface ResultRowsProps {
  /** Null where no one image is searched. */
  readonly info: ImageInfo | null
  readonly question: Question
  readonly images: readonly KnownImage[] | undefined
  readonly lines: ResultLines
  readonly height: number
  readonly items: UniformRows['items']
  readonly hitOf: (line: ResultLine | undefined) => Hit | undefined
  /** The line walked to, if any. */
  readonly active: number | null
  readonly isTree: boolean
}

/** The lines in view. */
export function ResultRows(props: ResultRowsProps): JSX.Element {
  const { info, images, lines, height, items, active } = props
  const commandOf = useCallback<CommandOf>(
    (layer) => (info === null ? '' : commandText(layerCommand(info, layer))),
    [info],
  )
  return (
    <div style={{ height, position: 'relative' }}>
      {items.map(({ index, top }) => {
        const line = lines.lineAt(index)
        const shared = { line: index, top, isActive: index === active }
        if (line?.kind === 'section') {
          const image = images?.find(({ imageID }) => imageID === line.section)
          return image ? (
            <ImageHead key={index} {...shared} head={line} image={image} />
          ) : (
            <LayerHead key={index} {...shared} head={line} commandOf={commandOf} />
          )
        }
        if (line?.kind === 'folder') return <FolderHead key={index} {...shared} head={line} />
        if (line?.kind === 'file') {
          const file = { head: line, hit: props.hitOf(line), isInTree: props.isTree, commandOf }
          return <FileHead key={index} {...shared} {...file} />
        }
        if (line?.kind === 'rest') return <RestRow key={index} {...shared} rest={line} />
        return <OneHit key={index} {...props} {...shared} at={line} commandOf={commandOf} />
      })}
    </div>
  )
}

interface OneHitProps extends ResultRowsProps, LineProps {
  readonly at: ResultLine | undefined
  readonly commandOf: CommandOf
}

/** A hit as what it is; its place, while it is on the way. */
function OneHit(props: OneHitProps): JSX.Element {
  const { question, images, isTree, at, commandOf, line, top, isActive } = props
  const hit = props.hitOf(at)
  const shared = { line, top, isActive, level: at?.level ?? 1 }
  if (hit && 'line' in hit) return <LineRow {...shared} hit={hit} />
  if (hit && question.kind !== 'contents') {
    const image = 'imageID' in hit ? images?.find(({ imageID }) => imageID === hit.imageID) : undefined
    return (
      <HitRow
        {...shared}
        hit={hit}
        isInTree={isTree}
        isLayerShown={isTree || image !== undefined}
        query={question.query}
        commandOf={image ? (layer) => commandText(image.layers[layer]?.createdBy) : commandOf}
      />
    )
  }
  return <div className={styles['placeholder']} style={{ transform: `translateY(${top}px)` }} />
}
