import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shortDigest, type Digest } from '../../../shared/digest.ts'
import type { FileStat } from '../../image/image-tree.ts'
import { hostLibc } from '../rootfs/host-libc.ts'
import { Losses } from '../rootfs/losses.ts'
import { MetadataWriter } from '../rootfs/metadata.ts'
import { overlaysOf, type Form } from './layer-stack.ts'
import { isOverlayAttribute } from './layer-form.ts'
import { LAYERS } from './mounts-folder.ts'
import { mountScript, unmountScript } from './scripts.ts'

/** What is written for one image, beside its layers. */
export interface MountedImage {
  readonly imageID: Digest
  readonly config: Uint8Array
  readonly references: readonly string[]
  /** Folders of all its layers, base first. */
  readonly names: readonly string[]
  /** Folders that are mounted, the uppermost first. */
  readonly stack: readonly string[]
  /** What the image says of its root. */
  readonly root: FileStat | undefined
  readonly form: Form
  readonly isRoot: boolean
}

export function imageFolderName(imageID: Digest): string {
  return shortDigest(imageID)
}

/** The small files of an image's folder, which a later export writes anew. */
export function imageFiles(image: MountedImage): ReadonlyMap<string, string | Uint8Array> {
  const { imageID, references, names, stack, form } = image
  const overlays = overlaysOf(stack.length)
  const layers = { imageID, references, layers: names }
  return new Map<string, string | Uint8Array>([
    ['config.json', image.config],
    ['layers.json', `${JSON.stringify(layers, null, 2)}\n`],
    ['mount.sh', mountScript(overlays, form)],
    ['umount.sh', unmountScript(overlays)],
  ])
}

/** Makes the folder of an image that is not there yet. */
export function makeImageFolder(folder: string, image: MountedImage): void {
  const { stack, root, isRoot } = image
  mkdirSync(folder)
  for (const [name, content] of imageFiles(image)) writeImageFile(join(folder, name), content)
  mkdirSync(join(folder, 'l'))
  for (const [index, name] of stack.entries())
    symlinkSync(join('../../..', LAYERS, name), join(folder, 'l', String(index)))
  for (const { target } of overlaysOf(stack.length)) mkdirSync(join(folder, target))
  for (const name of ['upper', 'work']) mkdirSync(join(folder, name))
  // The root of a mount is what its uppermost folder is.
  const { mode = 0o755, uid = 0, gid = 0, mtime = 0, mtimeNanoseconds = 0, rare } = root ?? {}
  const kept = Object.entries(rare?.xattrs ?? {}).filter(([name]) => !isOverlayAttribute(name))
  const xattrs = Object.fromEntries(kept)
  new MetadataWriter(hostLibc(), isRoot, new Losses()).setDirectory(Buffer.from(join(folder, 'upper')), '', {
    mode,
    uid,
    gid,
    mtime,
    mtimeNanoseconds,
    xattrs,
  })
}

export function writeImageFile(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content, { flag: 'wx', mode: path.endsWith('.sh') ? 0o755 : 0o644 })
}
