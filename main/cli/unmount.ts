import { resolve } from 'node:path'
import { visible } from '../../shared/path-bytes.ts'
import { unmountImages } from '../engine/mounted-images.ts'
import { DONE } from './failure.ts'
import type { Session } from './session.ts'

/** Takes away every mount below a folder of images to mount; nothing mounted is no failure. */
export async function unmount(session: Session, [path = '']: readonly string[]): Promise<number> {
  const targets = await unmountImages(resolve(path))
  if (session.options.quiet) return DONE
  const lines = targets.map((target) => `unmounted ${visible(target)}`)
  session.task.say(lines.length > 0 ? lines.join('\n') : `nothing is mounted below ${visible(path)}`)
  return DONE
}
