import { baseName, parentOf } from '../files/paths.ts'
import { dismissedTest, placesOf, type Dismissed, type HitPlace } from './dismissed.ts'
import type { Hit } from './found.ts'
import { fileHead, isHead, type ResultLine, type ResultLines } from './result-lines.ts'

interface Folder {
  /** Names it among all heads. */
  readonly key: string
  readonly path: string
  readonly name: string
  /** A file, with the lines found in it. */
  readonly isFile: boolean
  readonly folders: Map<string, Folder>
  readonly hits: Placed[]
  count: number
}

interface Placed extends HitPlace {
  readonly hit: number
}

/** Hits as a tree of the folders they are in; folders with nothing but one folder in them share its line. Lines of a file stand below it. */
export function folderLines(
  hits: readonly Hit[],
  collapsed: ReadonlySet<string>,
  dismissed: Dismissed,
): ResultLines {
  const root = folder('folder', '', '')
  const isGone = dismissedTest(dismissed)
  const places = placesOf(hits)
  for (const [number, hit] of hits.entries()) {
    const place = places[number]
    if (place && !isGone(place)) add(root, hit, { ...place, hit: number })
  }
  const lines: ResultLine[] = []
  const heads: string[] = []
  write(root, 0)
  return {
    total: lines.length,
    heads,
    lineAt: (line) => lines[line],
    placesBelow: (line) => {
      const head = lines[line]
      const found = isHead(head) ? find(root, head.key) : undefined
      return found ? placesIn(found) : []
    },
  }

  function write(parent: Folder, level: number): void {
    for (const child of [...parent.folders.values()].sort(byName)) {
      const shown = shortened(child)
      const { key } = shown
      const isCollapsed = collapsed.has(key)
      heads.push(key)
      const head = {
        key,
        count: shown.count,
        isCollapsed,
        level: level + 1,
        path: shown.path,
        name: shown === child ? child.name : relative(shown.path, parent.path),
      }
      const [first] = shown.hits
      lines.push(
        shown.isFile && first ? { kind: 'file', ...head, hit: first.hit } : { kind: 'folder', ...head },
      )
      if (!isCollapsed) write(shown, level + 1)
    }
    for (const place of parent.hits) lines.push({ kind: 'hit', ...place, level: level + 1 })
  }
}

function folder(key: string, path: string, name: string, isFile = false): Folder {
  return { key, path, name, isFile, folders: new Map(), hits: [], count: 0 }
}

function add(root: Folder, hit: Hit, place: Placed): void {
  let at = root
  at.count++
  const into = (key: string, next: Folder): void => {
    const known = at.folders.get(key) ?? next
    at.folders.set(key, known)
    known.count++
    at = known
  }
  const parent = parentOf(hit.path)
  let path = ''
  for (const part of parent === '' ? [] : parent.split('/')) {
    path = path === '' ? part : `${path}/${part}`
    into(part, folder(`folder ${path}`, path, part))
  }
  if ('line' in hit) {
    const key = fileHead(hit.layerIndex, hit.path)
    into(key, folder(key, hit.path, baseName(hit.path), true))
  }
  at.hits.push(place)
}

/** A folder that holds nothing but one folder is shown as that, with both names. */
function shortened(start: Folder): Folder {
  let at = start
  for (;;) {
    const [only] = at.folders.values()
    if (only === undefined || at.folders.size > 1 || at.hits.length > 0 || only.isFile) return at
    at = only
  }
}

function relative(path: string, above: string): string {
  return above === '' ? path : path.slice(above.length + 1)
}

/** Folders before files, each by name. */
function byName(a: Folder, b: Folder): number {
  if (a.isFile !== b.isFile) return a.isFile ? 1 : -1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function find(root: Folder, key: string): Folder | undefined {
  for (const child of root.folders.values()) {
    if (child.key === key) return child
    const below = find(child, key)
    if (below) return below
  }
  return undefined
}

function placesIn({ hits, folders }: Folder): readonly HitPlace[] {
  return [...hits, ...[...folders.values()].flatMap(placesIn)]
}
