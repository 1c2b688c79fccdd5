import { shortDigest, type Digest } from './digest.ts'
import { shellWord } from './shell-word.ts'

/** The folder of one image in a folder of images to mount. */
export function imageFolderOf(path: string, imageID: Digest): string {
  return `${path.replace(/\/+$/, '')}/images/${shortDigest(imageID)}`
}

/** Where the image is when it is mounted. */
export function mergedOf(path: string, imageID: Digest): string {
  return `${imageFolderOf(path, imageID)}/merged`
}

/** The line that mounts an image. */
export function mountLine(path: string, imageID: Digest): string {
  return `sh ${shellWord(`${imageFolderOf(path, imageID)}/mount.sh`)}`
}

/** The line that takes away every mount in the folder. */
export function unmountLine(path: string): string {
  return `occystrap unmount ${shellWord(path)}`
}
