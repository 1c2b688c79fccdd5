import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isDigest, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { imageFolderOf, mergedOf } from '../../shared/mount-lines.ts'
import { overlaysOf, type Form, type Overlay } from '../outputs/mounts/layer-stack.ts'
import { mountImage, unmountBelow } from '../outputs/mounts/mount-image.ts'
import { formOfFolder } from '../outputs/mounts/mounts-folder.ts'
import { hostLibc } from '../outputs/rootfs/host-libc.ts'
import { accounts } from '../platform/accounts.ts'

/** An image in a folder of images to mount, found to be what its writer made. */
export interface MountableImage {
  readonly folder: string
  readonly overlays: readonly Overlay[]
  readonly form: Form
}

/** Fails where the folder is none of ours, or holds no such image. */
export async function mountableImage(path: string, imageID: Digest): Promise<MountableImage> {
  const { folder: whole, form } = await mountsFolder(path)
  const folder = imageFolderOf(whole, imageID)
  if ((await imageIn(folder)) !== imageID)
    throw new ImageError('not-found', `${path} does not hold this image.`, {
      remedy: 'Export the image to it again.',
    })
  const links = await readdir(join(folder, 'l'))
  const overlays = overlaysOf(links.length)
  // Root mounts what lies here: it must be what was written, not links that somebody has put there since.
  for (const index of links.keys()) await requireLayerLink(folder, join(folder, 'l', String(index)))
  for (const name of ['upper', 'work', ...overlays.map(({ target }) => target)])
    if (!(await lstat(join(folder, name))).isDirectory()) throw changed(folder)
  return { folder, overlays, form }
}

/** Answers where the image is mounted; one that is mounted already is left as it is. */
export async function mountWritten(path: string, imageID: Digest): Promise<string> {
  requireRoot()
  const { folder, overlays, form } = await mountableImage(path, imageID)
  mountImage(folder, overlays, form)
  return mergedOf(path, imageID)
}

/** Takes away every mount in a folder of images; answers which, in bytes as latin-1. Nothing mounted is no failure. */
export async function unmountImages(path: string): Promise<readonly string[]> {
  return unmountBelow((await mountsFolder(path)).folder)
}

/** Fails where this process may not mount. */
export function requireRoot(): void {
  hostLibc()
  if (accounts().isRoot) return
  throw new ImageError('permission', 'Occystrap does not run as root, and only root can mount.', {
    remedy: 'Run mount.sh instead: it mounts with fuse-overlayfs, or in a namespace of your own.',
  })
}

/** The folder without links on its way, and of which kind its layers are. */
export async function mountsFolder(path: string): Promise<{ readonly folder: string; readonly form: Form }> {
  const folder = await realpath(path).catch(() => undefined)
  if (folder === undefined) throw new ImageError('not-found', `${path} does not exist.`)
  const form = await formOfFolder(folder)
  if (form !== undefined) return { folder, form }
  throw new ImageError('unsupported', `${path} is no folder of images that Occystrap mounts.`, {
    remedy: 'Name the folder that holds occystrap-mounts.json.',
  })
}

const layersSchema = z.object({ imageID: z.string().refine(isDigest) })

async function imageIn(folder: string): Promise<Digest | undefined> {
  const text = await readFile(join(folder, 'layers.json'), 'utf8').catch(() => '')
  try {
    return layersSchema.parse(JSON.parse(text)).imageID
  } catch {
    return undefined
  }
}

async function requireLayerLink(folder: string, link: string): Promise<void> {
  const to = await readlink(link).catch(() => '')
  if (!/^\.\.\/\.\.\/\.\.\/layers\/[0-9a-f]{64}$/.test(to)) throw changed(folder)
  // A layer that is a link itself would lead out of the folder again.
  const layer = await lstat(join(folder, 'l', to)).catch(() => undefined)
  if (!layer?.isDirectory()) throw changed(folder)
}

function changed(folder: string): ImageError {
  return new ImageError('malformed', `${folder} is not as it was written.`, {
    remedy: 'Export the image to a new folder.',
  })
}
