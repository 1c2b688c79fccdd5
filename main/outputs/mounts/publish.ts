import { lstat, mkdir, readdir, readFile, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { ImageError } from '../../../shared/errors.ts'
import { FolderLock, folderBusy } from '../folder-lock.ts'
import { moveFolder } from '../move-folder.ts'
import { ReversibleMoves } from '../reversible-moves.ts'
import { syncFolder, type Staging } from '../staging.ts'
import { imageFiles, imageFolderName, type MountedImage } from './image-folder.ts'
import { IMAGES, LAYERS, MARKER, mountsTarget, type MountsTarget } from './mounts-folder.ts'

/** In the staging folder: all that is new, laid out as the folder of images is. */
export const WHOLE = 'whole'
const README = 'README'

/** Makes an image visible: layers first, what names them last. A new folder appears whole, by one rename. */
export async function publishMounts(
  image: MountedImage,
  staging: Staging,
  target: MountsTarget,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  if (!target.exists && (await publishWhole(staging, target.path))) return
  const { path } = target
  await using lock = await FolderLock.acquire(path, signal)
  const { form } = await mountsTarget(path)
  if (form !== undefined && form !== image.form) throw folderBusy(path)
  const moves = new ReversibleMoves(staging)
  try {
    for (const name of [MARKER, README]) await moves.move(join(staging.file(WHOLE), name), join(path, name))
    await moveLayers(image, staging, moves, path)
    signal.throwIfAborted()
    if (!(await lock.isHeld())) throw folderBusy(path)
    await moveImage(image, staging, moves, path)
  } catch (error) {
    await moves.takeBack()
    throw error
  }
}

/** False where the folder has come to be in the meantime. */
async function publishWhole(staging: Staging, path: string): Promise<boolean> {
  try {
    await rename(staging.file(WHOLE), path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!['ENOTEMPTY', 'EEXIST'].includes(code)) throw error
    return false
  }
  await syncFolder(dirname(path))
  return true
}

async function moveLayers(
  image: MountedImage,
  staging: Staging,
  moves: ReversibleMoves,
  path: string,
): Promise<void> {
  const from = join(staging.file(WHOLE), LAYERS)
  const to = join(path, LAYERS)
  await makeFolder(to, moves)
  // What another writer has put there in the meantime is the same.
  for (const name of await readdir(from)) await moveNew(join(from, name), join(to, name), moves)
  await syncFolder(to)
  // Another writer may have taken back what was there.
  for (const name of image.names) if (!(await isThere(join(to, name)))) throw folderBusy(path)
}

/** Of an image that is there, what was changed in it stays, and it may be mounted: only its small files are written anew. */
async function moveImage(
  image: MountedImage,
  staging: Staging,
  moves: ReversibleMoves,
  path: string,
): Promise<void> {
  const name = imageFolderName(image.imageID)
  const from = join(staging.file(WHOLE), IMAGES, name)
  const images = join(path, IMAGES)
  const to = join(images, name)
  await makeFolder(images, moves)
  if (await isThere(to)) {
    await requireSame(image, to)
    for (const [file] of imageFiles(image)) await moves.move(join(from, file), join(to, file))
  } else await moveNew(from, to, moves)
  await syncFolder(images)
}

const layersSchema = z.object({ imageID: z.string() })

async function requireSame({ imageID }: MountedImage, folder: string): Promise<void> {
  const text = await readFile(join(folder, 'layers.json'), 'utf8').catch(() => '')
  let found: unknown
  try {
    found = layersSchema.parse(JSON.parse(text)).imageID
  } catch {
    found = undefined
  }
  if (found === imageID) return
  throw new ImageError('exists', `${folder} is there already and is of another image.`, {
    remedy: 'Remove it, or choose another place.',
  })
}

async function makeFolder(path: string, moves: ReversibleMoves): Promise<void> {
  const made = await mkdir(path, { recursive: true })
  if (made !== undefined) moves.defer(() => rmdir(path))
  // A link here would lead out of the folder.
  if ((await lstat(path)).isDirectory()) return
  throw new ImageError('exists', `${path} is not a folder.`, {
    remedy: 'Remove it, or choose another place.',
  })
}

async function moveNew(from: string, to: string, moves: ReversibleMoves): Promise<void> {
  if (await isThere(to)) return
  await moveFolder(from, to)
  moves.defer(() => moveFolder(to, from))
}

async function isThere(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  return stats?.isDirectory() ?? false
}
