import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { unmountBelow } from '../outputs/mounts/mount-image.ts'
import { formOfFolder } from '../outputs/mounts/mounts-folder.ts'
import { DONE } from './failure.ts'
import type { Session } from './session.ts'

/** Takes away every mount below a folder of images to mount; nothing mounted is no failure. */
export async function unmount(session: Session, [path = '']: readonly string[]): Promise<number> {
  const folder = await realpath(resolve(path)).catch(() => undefined)
  if (folder === undefined) throw new ImageError('not-found', `${path} does not exist.`)
  if ((await formOfFolder(folder)) === undefined)
    throw new ImageError('unsupported', `${path} is no folder of images that Occystrap mounts.`, {
      remedy: 'Name the folder that holds occystrap-mounts.json.',
    })
  const targets = unmountBelow(folder)
  if (session.options.quiet) return DONE
  const lines = targets.map((target) => `unmounted ${visible(target)}`)
  session.task.say(lines.length > 0 ? lines.join('\n') : `nothing is mounted below ${visible(path)}`)
  return DONE
}
