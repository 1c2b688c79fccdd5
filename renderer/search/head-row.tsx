import { memo, type CSSProperties, type JSX, type ReactNode } from 'react'
import { shortDigest } from '../../shared/digest.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { KnownImage } from '../../shared/query.ts'
import { pathText } from '../files/paths.ts'
import { TypeIcon } from '../files/type-icon.tsx'
import { layerColour } from '../layer-colour.ts'
import { titleOf } from '../names.ts'
import { counted, formatCount } from '../parts/format.ts'
import { IconChevronRight, IconPackage } from '../parts/icons.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { placeText } from '../source-place.tsx'
import type { Hit } from './found.ts'
import type { HeadLine as Head, ResultLine } from './result-lines.ts'
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

interface HeadProps extends LineProps {
  readonly head: Head
  /** What the cross is called. */
  readonly name: string
  readonly title: ReactNode
  /** What else there is to say, on one line. */
  readonly more?: ReactNode
  readonly style?: CSSProperties
  /** Whether the final image still has it. */
  readonly state?: Hit['state'] | undefined
}

function HeadLine({ head, name, title, more, style, state, line, top, isActive }: HeadProps): JSX.Element {
  return (
    <div
      id={lineId(line)}
      className={styles['group']}
      role="row"
      aria-level={head.level}
      aria-expanded={!head.isCollapsed}
      aria-selected={isActive}
      data-line={line}
      data-kind={head.kind}
      data-state={state}
      style={{ ...placeOf(top, head.level), ...style }}
    >
      <span role="gridcell" className={styles['groupName']}>
        <IconChevronRight size={14} aria-hidden="true" />
        {title}
      </span>
      <span role="gridcell" className={styles['groupMore']}>
        {more}
      </span>
      <span role="gridcell" className={styles['count']}>
        {formatCount(head.count)}
      </span>
      <DismissCell name={name} />
    </div>
  )
}

interface LayerHeadProps extends LineProps {
  readonly head: Head & { readonly kind: 'section' }
  readonly commandOf: CommandOf
}

/** The head of a layer's hits: which layer, how many, and the command that made it. */
export const LayerHead = memo(function LayerHead({ head, commandOf, ...line }: LayerHeadProps): JSX.Element {
  const layer = Number(head.section)
  const command = commandOf(layer)
  return (
    <HeadLine
      {...line}
      head={head}
      name={`layer ${layer}`}
      title={
        <>
          <LayerSwatch index={layer} />
          Layer {layer}
        </>
      }
      more={
        <span className="mono dim truncate" title={command}>
          {command}
        </span>
      }
      style={{ '--layer': layerColour(layer) } as CSSProperties}
    />
  )
})

interface ImageHeadProps extends LineProps {
  readonly head: Head & { readonly kind: 'section' }
  readonly image: KnownImage
}

/** The head of an image's hits: its name, where it is, and what of it could not be searched. */
export const ImageHead = memo(function ImageHead({ head, image, ...line }: ImageHeadProps): JSX.Element {
  const { source, reference, imageID, platform, pendingLayers } = image
  const name = visible(titleOf(source, reference === undefined ? [] : [reference]))
  const place = placeText(source, [])
  return (
    <HeadLine
      {...line}
      head={head}
      name={name}
      title={
        <>
          <IconPackage size={14} />
          <bdi className="truncate">{name === '' ? shortDigest(imageID) : name}</bdi>
        </>
      }
      more={
        <>
          {pendingLayers.length > 0 && (
            <span className={styles['unread']}>{counted(pendingLayers.length, 'layer')} not read yet</span>
          )}
          <bdi className="dim truncate" title={place}>
            {[platform && visible(platform), place].filter(Boolean).join(' · ')}
          </bdi>
        </>
      }
    />
  )
})

interface FolderHeadProps extends LineProps {
  readonly head: Head & { readonly kind: 'folder' }
}

/** A folder with hits in it. */
export const FolderHead = memo(function FolderHead({ head, ...line }: FolderHeadProps): JSX.Element {
  const name = pathText(head.name)
  return (
    <HeadLine
      {...line}
      head={head}
      name={name}
      title={
        <>
          <TypeIcon type="directory" isOpen={!head.isCollapsed} />
          <bdi className={`mono ${styles['folderName']}`} title={pathText(head.path)}>
            {name}
          </bdi>
        </>
      }
    />
  )
})

interface FileHeadProps extends LineProps {
  readonly head: Head & { readonly kind: 'file' }
  /** The first line found in it. */
  readonly hit: Hit | undefined
  /** Its folders stand above it, and not its layer. */
  readonly isInTree: boolean
  readonly commandOf: CommandOf
}

/** A file with the lines found in it, and whether the final image still has it. */
export const FileHead = memo(function FileHead(props: FileHeadProps): JSX.Element {
  const { head, hit, isInTree, commandOf, ...line } = props
  return (
    <HeadLine
      {...line}
      head={head}
      state={hit?.state}
      name={pathText(head.name)}
      title={
        <>
          <TypeIcon type="file" />
          <span className={styles['filePath']} title={pathText(head.path)}>
            <MarkedPath text={pathText(head.name)} ranges={[]} />
          </span>
        </>
      }
      more={
        hit && (
          <>
            {isInTree && (
              <span className={styles['origin']} title={commandOf(hit.layerIndex)}>
                <LayerSwatch index={hit.layerIndex} /> Layer {hit.layerIndex}
              </span>
            )}
            <span className={styles['state']}>
              <HitState hit={hit} commandOf={commandOf} />
            </span>
          </>
        )
      }
    />
  )
})

interface RestRowProps extends LineProps {
  readonly rest: ResultLine & { readonly kind: 'rest' }
}

/** Lines of a layer beyond those that are shown of all at once: a click shows the layer alone, with all of them. */
export const RestRow = memo(function RestRow({ rest, line, top, isActive }: RestRowProps): JSX.Element {
  return (
    <div
      id={lineId(line)}
      className={styles['rest']}
      role="row"
      aria-level={rest.level}
      aria-selected={isActive}
      data-line={line}
      style={placeOf(top, rest.level)}
    >
      <span role="gridcell">
        {counted(rest.count, 'more line')}.{' '}
        <span className={styles['restAction']}>Show layer {rest.section} alone</span>
      </span>
    </div>
  )
})
