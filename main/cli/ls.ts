import { setFlagsFromString } from 'node:v8'
import { displayPath, isUtf8Path, visible, type PathBytes } from '../../shared/path-bytes.ts'
import { DONE } from './failure.ts'
import { formatMode, formatTime } from './format.ts'
import { hashFiles, type FileHashes } from './file-hashes.ts'
import { listLayer, listTree, type Listed } from './listing.ts'
import { openListed, typedLayer, typedPath } from './opened.ts'
import type { Session } from './session.ts'

export async function ls(
  session: Session,
  [source = '', path = '']: readonly string[],
  options: { readonly layer?: string; readonly hash?: boolean; readonly json?: boolean },
): Promise<number> {
  const { output, task } = session
  // Lines live for a moment: a young generation that grows for them to its usual 48 MB would only add to the image's tables.
  setFlagsFromString('--semi-space-growth-factor=1')
  await using image = await openListed(session, await session.source(source))
  const layer = typedLayer(options.layer, image)
  const tree = await image.tree(task)
  const list = (): Iterable<Listed> =>
    layer === undefined ? listTree(tree, typedPath(path)) : listLayer(tree, layer, typedPath(path))
  const hashes = options.hash ? await hashFiles(list(), image, task) : undefined
  task.clear()
  for (const listed of list()) {
    if (options.json) await output.json(jsonOf(listed, hashes))
    else await output.line(lineOf(listed, hashes))
  }
  return DONE
}

/** As the specification has it; what is not UTF-8 stands in base64 too. */
function jsonOf(listed: Listed, hashes: FileHashes | undefined): Record<string, unknown> {
  const { path, linkname, rare } = listed
  const sha256 = hashes?.of(listed)
  const xattrs = Object.entries(rare?.xattrs ?? {})
  return {
    ...textOf('path', path),
    type: listed.type,
    size: listed.size,
    mode: listed.mode.toString(8).padStart(4, '0'),
    uid: listed.uid,
    gid: listed.gid,
    mtime: listed.mtime + listed.mtimeNanoseconds / 1e9,
    ...(linkname === undefined ? {} : textOf('linkname', linkname)),
    ...(listed.inode === undefined ? {} : { inode: listed.inode }),
    layer: listed.layer,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(rare?.device ? { device: rare.device } : {}),
    ...(xattrs.length === 0
      ? {}
      : {
          xattrs: Object.fromEntries(
            xattrs.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
          ),
        }),
  }
}

function textOf(key: string, bytes: PathBytes): Record<string, string> {
  if (isUtf8Path(bytes)) return { [key]: displayPath(bytes) }
  return { [key]: displayPath(bytes), [`${key}Base64`]: Buffer.from(bytes, 'latin1').toString('base64') }
}

/** As `ls -l` does, with fixed widths: lines come while the tree is walked. */
function lineOf(listed: Listed, hashes: FileHashes | undefined): string {
  const { type, rare } = listed
  const size = rare?.device ? `${rare.device.major}, ${rare.device.minor}` : String(listed.size)
  const words = [
    formatMode(type, listed.mode),
    String(listed.uid).padStart(5),
    String(listed.gid).padStart(5),
    size.padStart(11),
    formatTime(listed.mtime),
    ...(hashes ? [(hashes.of(listed) ?? '').padEnd(64)] : []),
  ]
  return `${words.join(' ')} ${nameOf(listed)}`
}

function nameOf({ path, type, linkname }: Listed): string {
  const shown = visible(displayPath(path))
  if (type === 'directory') return `${shown}/`
  if (linkname === undefined) return shown
  return `${shown} ${type === 'link' ? 'link to' : '->'} ${visible(displayPath(linkname))}`
}
