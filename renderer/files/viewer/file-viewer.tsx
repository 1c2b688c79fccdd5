import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useState, type JSX } from 'react'
import type { FileRow } from '../../../shared/files.ts'
import type { ImageInfo } from '../../../shared/image.ts'
import { displayPath, pathBytesOf, visible, type PathBytes } from '../../../shared/path-bytes.ts'
import type { SourceSpec } from '../../../shared/uri.ts'
import { commandText } from '../../image/command-text.ts'
import { layerCommand } from '../../image/layer-facts.ts'
import type { Viewed } from '../../image/image-views.ts'
import { useSave } from '../../image/use-save.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { LayerSwatch } from '../../parts/layer-swatch.tsx'
import { PathText } from '../../parts/path-text.tsx'
import { modeText, octalMode, TYPE_WORDS } from '../file-mode.ts'
import { MTime } from '../file-row.tsx'
import { linkTarget } from '../paths.ts'
import { IconDownload, IconFolderSearch, IconX } from '../../parts/icons.ts'
import { ComparisonView } from './comparison-view.tsx'
import { FileContent } from './file-content.tsx'
import { PathHistory } from './path-history.tsx'
import type { TextMarks } from './text-view.tsx'
import { pairOf, readableVersion, useFileRow, usePathHistory, type VersionPair } from './use-viewed-file.ts'
import { FormSwitch, type ViewForm } from './view-form.tsx'
import styles from './viewer.module.css'

interface FileViewerProps {
  readonly source: SourceSpec
  readonly info: ImageInfo
  readonly viewed: Viewed
  /** What a search found in it. */
  readonly marks?: TextMarks | undefined
  readonly onView: (viewed: Viewed) => void
  readonly onGoTo: (path: PathBytes) => void
  /** Shows what is viewed among the files; undefined where it stands there. */
  readonly onShow?: (viewed: Viewed) => void
  readonly onClose: () => void
}

/** One path: what it is, what is in it, and what the layers did to it. A deleted one is shown as it was before. */
export function FileViewer(props: FileViewerProps): JSX.Element {
  const { source, info, viewed, marks, onView, onGoTo, onShow, onClose } = props
  const found = useFileRow(source, viewed)
  const history = usePathHistory(source, viewed.path)
  const layer = viewed.tree.layer ?? info.layers.length - 1
  const version = readableVersion(history.data ?? [], layer)
  const isDeleted = found.data === null || found.data?.change === 'deleted'
  const deletion = isDeleted
    ? history.data?.findLast((one) => one.layer <= layer && one.change === 'deleted')
    : undefined
  // A deleted path is read from the tree as it stood before: a folder may have been filled after the layer that made it.
  const lastLayer = deletion ? deletion.layer - 1 : version?.layer
  const readable: Viewed | undefined = !isDeleted
    ? viewed
    : lastLayer === undefined
      ? undefined
      : { path: viewed.path, tree: { layer: lastLayer, isMerged: true } }
  const before = useFileRow(source, readable ?? viewed)
  const row = isDeleted ? before.data : found.data
  const [form, setForm] = useState<ViewForm | null>(null)
  const [chosenPair, setPair] = useState<VersionPair | undefined>(undefined)
  const pair = chosenPair ?? (version && pairOf(history.data ?? [], version.layer))

  return (
    <section className={styles['viewer']} aria-label="File">
      <ViewerHead
        source={source}
        viewed={readable}
        path={viewed.path}
        row={row ?? undefined}
        onShow={onShow && (() => onShow(viewed))}
        onClose={onClose}
      />
      {row && <RowFacts row={row} info={info} />}
      {deletion && version && (
        <p className={styles['deleted']} role="note">
          Deleted by layer {deletion.layer}. Shown as{' '}
          {row?.type === 'directory' ? 'it was before' : `layer ${version.layer} left it`}.
        </p>
      )}
      {row && readable && (
        <Body
          row={row}
          source={source}
          readable={readable}
          marks={marks}
          pair={pair}
          form={form}
          onForm={setForm}
          onGoTo={onGoTo}
        />
      )}
      {!found.isPending && !history.isPending && !before.isPending && !row && (
        <EmptyState title="Not in this image">
          <PathText path={viewed.path} /> is in none of the layers that have been read.
        </EmptyState>
      )}
      {history.data && history.data.length > 0 && (
        <footer className={styles['footer']}>
          <h3>History</h3>
          <PathHistory
            history={history.data}
            path={viewed.path}
            shown={version?.layer}
            compared={form === 'changes' ? pair : undefined}
            onView={(at) => {
              setForm(null)
              setPair(undefined)
              onView({ path: viewed.path, tree: { layer: at, isMerged: true } })
            }}
            onCompare={(pair) => {
              setPair(pair)
              setForm('changes')
            }}
          />
        </footer>
      )}
    </section>
  )
}

interface ViewerHeadProps {
  readonly source: SourceSpec
  /** Where it can be read; undefined where it cannot. */
  readonly viewed: Viewed | undefined
  readonly path: PathBytes
  readonly row: FileRow | undefined
  readonly onShow: (() => void) | undefined
  readonly onClose: () => void
}

function ViewerHead({ source, viewed, path, row, onShow, onClose }: ViewerHeadProps): JSX.Element {
  const saving = useSave(source)
  const isDirectory = row?.type === 'directory'
  const isSavable =
    viewed !== undefined && row !== undefined && (isDirectory || row.type === 'file' || row.type === 'link')
  return (
    <header className={styles['head']}>
      <h2 className={styles['path']}>
        <PathText path={path} />
        <CopyButton value={`/${displayPath(path)}`} label="Copy path" />
      </h2>
      {onShow && (
        <Tooltip label="Show in Files">
          <ActionIcon aria-label="Show in Files" onClick={onShow}>
            <IconFolderSearch size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {isSavable && (
        <Button
          variant="default"
          leftSection={<IconDownload size={14} />}
          onClick={() => saving.path(viewed.path, viewed.tree, isDirectory)}
        >
          {isDirectory ? 'Save as tar…' : 'Save…'}
        </Button>
      )}
      <CloseViewer onClose={onClose} />
    </header>
  )
}

export function CloseViewer({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Tooltip label="Close the viewer">
      <ActionIcon aria-label="Close the viewer" onClick={onClose}>
        <IconX size={16} />
      </ActionIcon>
    </Tooltip>
  )
}

function RowFacts({ row, info }: { readonly row: FileRow; readonly info: ImageInfo }): JSX.Element {
  const [now] = useState(() => Date.now())
  const command = commandText(layerCommand(info, row.layer))
  return (
    <div className={styles['facts']}>
      <p>
        <span>{TYPE_WORDS[row.type]}</span>
        <Bytes value={row.size} />
        <span className="mono" title={octalMode(row.mode)}>
          {modeText(row.type, row.mode)}
        </span>
        <span title={`user ${row.uid}, group ${row.gid}`}>
          {row.uid}:{row.gid}
        </span>
        <MTime seconds={row.mtime} now={now} />
      </p>
      <p className={styles['origin']}>
        <LayerSwatch index={row.layer} />
        <span>Layer {row.layer}</span>
        {command !== '' && (
          <span className="mono dim truncate" title={command}>
            {command}
          </span>
        )}
      </p>
    </div>
  )
}

interface BodyProps {
  readonly row: FileRow
  readonly source: SourceSpec
  readonly readable: Viewed
  readonly marks: TextMarks | undefined
  /** Versions that can be compared; undefined where there are none. */
  readonly pair: VersionPair | undefined
  readonly form: ViewForm | null
  readonly onForm: (form: ViewForm | null) => void
  readonly onGoTo: (path: PathBytes) => void
}

function Body(props: BodyProps): JSX.Element {
  const { row, source, readable, marks, pair, form, onForm, onGoTo } = props
  if (row.type === 'file' || row.type === 'link')
    return (
      <FileContent
        source={source}
        viewed={readable}
        marks={marks}
        pair={pair}
        chosen={form}
        onForm={onForm}
      />
    )
  if (pair === undefined) return <NoFile row={row} onGoTo={onGoTo} />
  // It was a file in other layers, which can be compared all the same.
  const isCompared = form === 'changes'
  return (
    <div className={styles['content']}>
      <FormSwitch
        value={isCompared ? 'changes' : 'now'}
        forms={[
          { value: 'now', label: TYPE_WORDS[row.type] },
          { value: 'changes', label: 'Changes' },
        ]}
        onChange={(value) => onForm(value === 'changes' ? value : null)}
      />
      {isCompared ? (
        <ComparisonView source={source} path={readable.path} pair={pair} />
      ) : (
        <NoFile row={row} onGoTo={onGoTo} />
      )}
    </div>
  )
}

/** What has no content of its own. */
function NoFile({ row, onGoTo }: Pick<BodyProps, 'row' | 'onGoTo'>): JSX.Element {
  if (row.type === 'symlink') {
    const target = linkTarget(row.path, pathBytesOf(row.linkname ?? ''))
    return (
      <EmptyState
        title="Symbolic link"
        action={
          <Button variant="default" onClick={() => onGoTo(target)}>
            Go to target
          </Button>
        }
      >
        It points to <bdi className="mono">{visible(row.linkname ?? '')}</bdi>
      </EmptyState>
    )
  }
  if (row.type === 'directory') {
    return (
      <EmptyState title={row.childCount === 1 ? '1 entry' : `${row.childCount} entries`}>
        <Bytes value={row.size} /> in all files below it.
      </EmptyState>
    )
  }
  return <EmptyState title={TYPE_WORDS[row.type]}>It has no content to show.</EmptyState>
}
