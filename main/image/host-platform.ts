import { arch } from 'node:process'
import type { Platform } from '../../shared/image.ts'
import { normalPlatform } from '../../shared/platform.ts'

/** What runs here, were it run here: Docker's images are of linux everywhere but on Windows servers. */
export function hostPlatform(): Platform {
  return normalPlatform({ os: 'linux', architecture: arch === 'arm' ? 'armhf' : arch })
}
