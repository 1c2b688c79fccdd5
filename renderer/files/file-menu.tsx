import { Menu } from '@mantine/core'
import type { JSX, RefObject } from 'react'
import type { FileRow, Tree } from '../../shared/files.ts'
import type { FilesView } from '../image/image-views.ts'
import { turnToPath } from '../image/image-views.ts'
import { useSave } from '../image/use-save.ts'
import type { OpenImage } from '../store.ts'
import { copyPath } from './use-tree-actions.ts'

export interface MenuPlace {
  readonly row: FileRow
  readonly x: number
  readonly y: number
}

interface FileMenuProps {
  readonly image: OpenImage
  readonly tree: Tree
  readonly place: MenuPlace | null
  readonly tableRef: RefObject<HTMLDivElement | null>
  readonly onClose: () => void
  readonly onOpen: (row: FileRow) => void
  readonly onChange: (patch: Partial<FilesView>) => void
}

/** What can be done with one path. */
export function FileMenu({
  image,
  tree,
  place,
  tableRef,
  onClose,
  onOpen,
}: FileMenuProps): JSX.Element | null {
  const saving = useSave(image.source)
  if (place === null) return null
  const { row } = place
  const isDirectory = row.type === 'directory'
  const close = (): void => {
    onClose()
    tableRef.current?.focus()
  }
  return (
    <Menu
      opened
      onChange={(isOpen) => !isOpen && close()}
      position="bottom-start"
      returnFocus={false}
      offset={0}
    >
      <Menu.Target>
        <span style={{ position: 'fixed', left: place.x, top: place.y, width: 0, height: 0 }} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onOpen(row)}>
          {isDirectory ? 'Details and history' : 'View, with its history'}
        </Menu.Item>
        {(isDirectory || row.type === 'file' || row.type === 'link') && (
          <Menu.Item onClick={() => saving.path(row.path, treeWith(row, tree), isDirectory)}>
            {isDirectory ? 'Save folder as tar…' : 'Save as…'}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item rightSection={<span className="dim">Ctrl C</span>} onClick={() => void copyPath(row.path)}>
          Copy path
        </Menu.Item>
        <Menu.Item onClick={() => void copyPath(row.path, true)}>Copy relative path</Menu.Item>
        <Menu.Divider />
        <Menu.Item
          onClick={() => turnToPath(image.id, row.path, { layer: row.layer, isMerged: false }, false)}
        >
          Show in layer {row.layer}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** The tree that has the row: of a deleted one, the image as it was before its layer. */
function treeWith(row: FileRow, tree: Tree): Tree {
  return row.change === 'deleted' ? { layer: row.layer - 1, isMerged: true } : tree
}
