import type { Platform } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'

/** `linux/arm64/v8`, safe to show: the parts are the image's own. */
export function platformText({ os, architecture, variant }: Platform): string {
  return visible([os, architecture, variant].filter(Boolean).join('/'))
}
