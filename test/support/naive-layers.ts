import type { TarEntry } from '../../main/image/element.ts'

interface Inode {
  readonly type: string
  readonly size: number
  readonly linkname?: string | undefined
}

/** A path's state: what is there and which layer put it there. */
interface Found {
  readonly inode: Inode
  readonly layer: number
}

const DIRECTORY: Inode = { type: 'directory', size: 0 }

/**
 * Applies layers entry by entry on one map from path to state, by prefix scans, as plainly as the specification reads; listed as the
 * tests list a tree. The oracle of `flatten`: it shares no code and no data structure with it.
 */
export function applyLayers(layers: readonly (readonly TarEntry[])[]): string[] {
  const files = new Map<string, Found>()
  for (const [layer, entries] of layers.entries())
    for (const entry of entries) applyEntry(files, layer, entry)
  return [...files].map(([path, { inode }]) => line(path, inode)).sort()
}

function line(path: string, inode: Inode): string {
  if (inode.type === 'directory') return `${path}/`
  if (inode.type === 'symlink') return `${path} -> ${inode.linkname}`
  return `${path} ${inode.size}`
}

function applyEntry(files: Map<string, Found>, layer: number, entry: TarEntry): void {
  const parts = entry.path.split('/')
  const name = parts.pop() as string
  if (name.startsWith('.wh.')) {
    hide(files, layer, parts, name)
    return
  }
  const parent = resolveDirectory(files, parts, layer)
  if (parent === undefined) return
  const path = [...parent, name].join('/')
  const linked = entry.type === 'link' ? lookUp(files, entry.linkname as string) : undefined
  const isMerge = entry.type === 'directory' && files.get(path)?.inode.type === 'directory'
  if (!isMerge) removeTree(files, path, () => true)
  const inode = linked && linked.type !== 'directory' ? linked : inodeOf(entry)
  files.set(path, { inode, layer })
}

function inodeOf(entry: TarEntry): Inode {
  if (entry.type === 'link') return { type: 'file', size: 0 }
  return { type: entry.type, size: entry.size, linkname: entry.linkname }
}

function lookUp(files: Map<string, Found>, path: string): Inode | undefined {
  const parts = path.split('/')
  const name = parts.pop() as string
  const parent = resolveDirectory(files, parts)
  return parent && files.get([...parent, name].join('/'))?.inode
}

function hide(files: Map<string, Found>, layer: number, parts: readonly string[], name: string): void {
  const parent = resolveDirectory(files, parts)
  if (parent === undefined) return
  const isOpaque = name === '.wh..wh..opq'
  const path = isOpaque ? parent.join('/') : [...parent, name.slice(4)].join('/')
  const isBelow = (at: string): boolean => path === '' || at.startsWith(`${path}/`)
  const doomed = [...files]
    .filter(([at, found]) => found.layer < layer && (isBelow(at) || (!isOpaque && at === path)))
    .map(([at]) => at)
  for (const at of doomed) files.delete(at)
  // What this layer put below needs its directories.
  const wanted = [...files.keys()].flatMap((at) => ancestorsOf(at))
  for (const at of wanted) if (!files.has(at)) files.set(at, { inode: DIRECTORY, layer })
}

function ancestorsOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'))
}

function removeTree(files: Map<string, Found>, path: string, isDoomed: (found: Found) => boolean): void {
  for (const [at, found] of files)
    if ((at === path || at.startsWith(`${path}/`)) && isDoomed(found)) files.delete(at)
}

/** The real path of a directory, links followed; made as of `layer` where that is given, else undefined where it is not there. */
function resolveDirectory(
  files: Map<string, Found>,
  parts: readonly string[],
  layer?: number,
): string[] | undefined {
  let at: string[] = []
  let rest = [...parts]
  let hops = 0
  while (rest.length > 0) {
    const [name, ...after] = rest as [string, ...string[]]
    rest = after
    if (name === '' || name === '.') continue
    if (name === '..') {
      at = at.slice(0, -1)
      continue
    }
    const path = [...at, name].join('/')
    const found = files.get(path)?.inode
    if (found?.type === 'symlink') {
      if (++hops > 40) return undefined
      const target = found.linkname as string
      if (target.startsWith('/')) at = []
      rest = [...target.split('/'), ...rest]
      continue
    }
    at = [...at, name]
  }
  for (const path of at.map((_, i) => at.slice(0, i + 1).join('/'))) {
    if (files.get(path)?.inode.type === 'directory') continue
    if (layer === undefined) return undefined
    files.set(path, { inode: DIRECTORY, layer })
  }
  return at
}
