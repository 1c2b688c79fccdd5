import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImageError } from '../../../shared/errors.ts'
import { hostLibc } from '../rootfs/host-libc.ts'
import { optionsOf, type Form, type Overlay } from './layer-stack.ts'
import { mountedBelow } from './mounted-below.ts'

const MERGED = 'merged'
/** UMOUNT_NOFOLLOW of umount2(2). */
const NO_FOLLOW = 8

/**
 * Mounts an image's overlays, all or none, unless it is mounted already. The options name paths from the image's folder, which has to be
 * the current one meanwhile: nothing else runs until this returns.
 */
export function mountImage(folder: string, overlays: readonly Overlay[], form: Form): void {
  const library = hostLibc()
  if (mountPoints(join(folder, MERGED)).length > 0) return
  const before = process.cwd()
  const mounted: string[] = []
  process.chdir(folder)
  try {
    for (const overlay of overlays) {
      const target = join(folder, overlay.target)
      library.mount(OVERLAY, Buffer.from(target), 'overlay', 0, optionsOf(overlay, form))
      mounted.unshift(target)
    }
  } catch (error) {
    unmountAll(mounted)
    throw mountError(folder, error)
  } finally {
    process.chdir(before)
  }
}

const OVERLAY = Buffer.from('overlay')

function unmountAll(targets: readonly string[]): void {
  for (const target of targets) hostLibc().unmount(Buffer.from(target), NO_FOLLOW)
}

/** Unmounts all at and below a folder, deepest first; answers what, in bytes as latin-1. */
export function unmountBelow(folder: string): string[] {
  const library = hostLibc()
  const targets = mountPoints(folder)
  for (const target of targets)
    try {
      library.unmount(Buffer.from(target, 'latin1'), NO_FOLLOW)
    } catch (error) {
      throw unmountError(Buffer.from(target, 'latin1').toString(), error)
    }
  return targets
}

function mountPoints(folder: string): string[] {
  return mountedBelow(readFileSync('/proc/self/mountinfo', 'latin1'), folder)
}

function mountError(folder: string, error: unknown): ImageError {
  const isForbidden = (error as NodeJS.ErrnoException).code === 'EPERM'
  return new ImageError(isForbidden ? 'permission' : 'io', `The image in ${folder} cannot be mounted here.`, {
    remedy: `It is written; mount it with ${join(folder, 'mount.sh')} where that is possible.`,
    detail: (error as Error).message,
    cause: error,
  })
}

function unmountError(target: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EBUSY')
    return new ImageError('busy', `${target} is in use.`, {
      remedy: 'End the programs that use it, and try again.',
      cause: error,
    })
  if (code !== 'EPERM') return error
  return new ImageError('permission', `${target} can be unmounted only by root, or by who mounted it.`, {
    remedy: 'Run the umount.sh beside it.',
    detail: message,
    cause: error,
  })
}
