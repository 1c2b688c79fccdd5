import { createHash } from 'node:crypto'
import { structuredPatch } from 'diff'
import type { Comparison } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { Task } from '../image/element.ts'
import { contentKind } from './content-kind.ts'
import type { OpenedImage } from './opened-image.ts'

/** Bytes of each side: more is not read line by line by anybody. */
const MOST = 1024 * 1024
/** Milliseconds; and lines that differ, which the time it takes grows with. */
const PATIENCE = 1000
const MOST_EDITS = 4000

interface Side {
  readonly layer: number
  readonly size: number
  readonly sha256: string
  /** Undefined where it is not text, or too long. */
  readonly text: string | undefined
  readonly isText: boolean
}

/** How a file changed from one layer to a later one. Fails as `content` does where one of them has no such file. */
export async function compareVersions(
  image: OpenedImage,
  path: PathBytes,
  before: number,
  after: number,
  task: Task,
): Promise<Comparison> {
  const old = await sideOf(image, path, before, task)
  const now = await sideOf(image, path, after, task)
  return {
    before: { layer: old.layer, size: old.size, sha256: old.sha256 },
    after: { layer: now.layer, size: now.size, sha256: now.sha256 },
    hunks: old.text === undefined || now.text === undefined ? null : hunksOf(old.text, now.text),
    isText: old.isText && now.isText,
  }
}

async function sideOf(image: OpenedImage, path: PathBytes, layer: number, task: Task): Promise<Side> {
  const content = await image.content({ layer, isMerged: true }, path, task)
  const hash = createHash('sha256')
  const start: Buffer[] = []
  let kept = 0
  const range = { offset: 0, length: content.size }
  for await (const chunk of image.readContent(content, range, task)) {
    hash.update(chunk)
    if (kept <= MOST) start.push(Buffer.from(chunk))
    kept += chunk.length
  }
  const bytes = Buffer.concat(start)
  const isText = contentKind(bytes, kept <= MOST).looksLike === 'text'
  return {
    layer,
    size: content.size,
    sha256: hash.digest('hex'),
    text: isText && content.size <= MOST ? bytes.toString('utf8') : undefined,
    isText,
  }
}

/** Null where there are too many differences to be told in time. */
function hunksOf(before: string, after: string): Comparison['hunks'] {
  const patch = structuredPatch('', '', before, after, undefined, undefined, {
    context: 3,
    timeout: PATIENCE,
    maxEditLength: MOST_EDITS,
  })
  return (
    patch?.hunks.map(({ oldStart, newStart, lines }) => ({
      beforeLine: oldStart,
      afterLine: newStart,
      lines,
    })) ?? null
  )
}
