import { ActionIcon, Menu } from '@mantine/core'
import type { JSX } from 'react'
import { formatCount } from '../parts/format.ts'
import { IconDots } from '../parts/icons.ts'
import { FORMATS, type HitFormat } from './hit-text.ts'
import type { Export } from './use-export.ts'
import { MOST_HITS } from './use-found.ts'

interface ResultsMenuProps {
  readonly total: number
  readonly export: Export
}

const ORDER: readonly HitFormat[] = ['text', 'csv', 'json']

/** What can be done with all results at once. */
export function ResultsMenu({ total, export: { copy, download, files } }: ResultsMenuProps): JSX.Element {
  return (
    <Menu position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon size={24} aria-label="Results menu" disabled={total === 0}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {total > MOST_HITS && <Menu.Label>The first {formatCount(MOST_HITS)} results</Menu.Label>}
        {ORDER.map((format) => (
          <Menu.Item key={format} onClick={() => copy(format)}>
            {format === 'text' ? 'Copy all' : `Copy as ${FORMATS[format].label}`}
          </Menu.Item>
        ))}
        {download && (
          <>
            <Menu.Divider />
            {ORDER.map((format) => (
              <Menu.Item key={format} onClick={() => download(format)}>
                Save as {FORMATS[format].label}
              </Menu.Item>
            ))}
          </>
        )}
        {files && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={files}>Save the files as tar…</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
