import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import type { EntryTable } from '../../image/entry-table.ts'
import { isOverlayAttribute } from './layer-form.ts'
import type { LayerPart } from './layer-part.ts'

/** Listed by name. */
const MOST = 1000

/** What of an image would mean something to overlay, and was left out for it. */
export function steeringWarnings(tables: readonly EntryTable[], parts: readonly LayerPart[]): Warning[] {
  const attributes = tables.flatMap((table) =>
    [...table.columns.rare].flatMap(([row, { xattrs = {} }]) =>
      Object.keys(xattrs)
        .filter(isOverlayAttribute)
        .map((name) => `${visible(table.path(row))}: ${visible(name)}`),
    ),
  )
  const devices = parts.flatMap(({ unshown }) => unshown.map((path) => visible(path)))
  return [
    ...warningOf(
      'overlay-attribute',
      attributes,
      'extended attributes would steer overlay and were left out.',
    ),
    ...warningOf(
      'overlay-device',
      devices,
      'devices 0:0 were left out: overlay takes them for deleted files.',
    ),
  ]
}

function warningOf(code: string, listed: readonly string[], words: string): Warning[] {
  if (listed.length === 0) return []
  const more = listed.length > MOST ? [`and ${listed.length - MOST} more`] : []
  return [
    { code, message: `${listed.length} ${words}`, detail: [...listed.slice(0, MOST), ...more].join('\n') },
  ]
}
