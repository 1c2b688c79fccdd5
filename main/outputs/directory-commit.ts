import { chmod, lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { sizeOfLayer } from './directory-contents.ts'
import { filesOf, type DirectoryImage } from './directory-files.ts'
import { moveExpanded } from './expanded-tree.ts'
import { FolderLock, folderBusy } from './folder-lock.ts'
import { ReversibleMoves } from './reversible-moves.ts'
import { syncFolder, writeDurably, type Staging } from './staging.ts'

/** An image whose new layers stand whole in the staging folder, each as `<hex>/layer.tar`; the others are in the directory already. */
export interface StagedImage extends DirectoryImage {
  readonly staged: ReadonlySet<Digest>
  /** A folder that stands in the staging folder under its name: the whole root filesystem. */
  readonly expanded?: string | undefined
}

/** Makes the image visible in its directory: layers first, what names them last. A new directory appears whole, by one rename. */
export async function publishImage(
  image: StagedImage,
  staging: Staging,
  target: { readonly path: string; readonly exists: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (!target.exists && (await publishWhole(image, staging, target.path, signal))) return
  await using lock = await FolderLock.acquire(target.path, signal)
  await requireShared(image, target.path)
  const moves = new ReversibleMoves(staging)
  try {
    await moveLayers(image, staging, moves, target.path)
    if (image.expanded !== undefined) await moveExpanded(image.expanded, staging, moves, target.path)
    const files = await filesOf(image, target.path)
    signal.throwIfAborted()
    if (!(await lock.isHeld())) throw folderBusy(target.path)
    for (const [index, { name, content }] of files.entries()) {
      const staged = staging.file(`file-${index}`)
      await writeDurably(staged, content)
      await moves.move(staged, join(target.path, name))
    }
  } catch (error) {
    await moves.takeBack()
    throw error
  }
}

/** False where the directory has come to be in the meantime. */
async function publishWhole(
  image: StagedImage,
  staging: Staging,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const files = await filesOf(image, staging.path)
  for (const { name, content } of files) await writeDurably(staging.file(name), content)
  for (const diffID of image.staged) await syncFolder(staging.file(hexOf(diffID)))
  await chmod(staging.path, 0o777 & ~process.umask())
  await syncFolder(staging.path)
  signal.throwIfAborted()
  try {
    await rename(staging.path, path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // Windows says EPERM where others say that the folder is not empty.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error
    for (const { name } of files) await rm(staging.file(name))
    return false
  }
  await syncFolder(dirname(path))
  return true
}

/** What another writer took back since we found it there. */
async function requireShared(image: StagedImage, path: string): Promise<void> {
  for (const diffID of image.layers)
    if (!image.staged.has(diffID) && (await sizeOfLayer(path, diffID)) === undefined) throw folderBusy(path)
}

async function moveLayers(
  image: StagedImage,
  staging: Staging,
  moves: ReversibleMoves,
  path: string,
): Promise<void> {
  for (const diffID of image.staged) {
    const folder = join(path, hexOf(diffID))
    const made = await mkdir(folder, { recursive: true })
    if (made !== undefined) moves.defer(() => rmdir(folder))
    // A link here would lead the layer out of the directory.
    if (!(await lstat(folder)).isDirectory())
      throw new ImageError('exists', `${folder} is not a folder.`, {
        remedy: 'Remove it, or choose another place.',
      })
    await moves.move(join(staging.file(hexOf(diffID)), 'layer.tar'), join(folder, 'layer.tar'))
  }
  await syncFolder(path)
}
