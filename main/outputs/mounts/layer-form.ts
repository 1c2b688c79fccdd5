import { mkdirSync, rmdirSync } from 'node:fs'
import { ImageError } from '../../../shared/errors.ts'
import type { Staging } from '../staging.ts'
import { hostLibc } from '../rootfs/host-libc.ts'
import type { Form } from './layer-stack.ts'

const YES = Buffer.from('y')

/** Tried out, as root of a user namespace may not use `trusted.` either. `wanted`: what the layers that are there have. */
export function formHere(staging: Staging, wanted: Form | undefined): Form {
  const place = Buffer.from(staging.file('form'))
  mkdirSync(place)
  try {
    const forms: readonly Form[] = wanted ? [wanted] : ['root', 'user']
    const found = forms.find((form) => canMark(place, form))
    if (found) return found
  } finally {
    rmdirSync(place)
  }
  if (wanted === 'root')
    throw new ImageError(
      'permission',
      'The layers in this folder were written by root; only root can add to them.',
      {
        remedy: 'Run it as root, or choose another folder.',
      },
    )
  throw new ImageError('unsupported', 'The file system keeps no extended attributes, which overlay needs.', {
    remedy: 'Choose a place on another file system.',
  })
}

function canMark(place: Buffer, form: Form): boolean {
  try {
    markOpaque(place, form)
    return true
  } catch {
    return false
  }
}

/** Hides what lower layers have in a directory. */
export function markOpaque(place: Buffer, form: Form): void {
  hostLibc().setXattr(place, form === 'root' ? 'trusted.overlay.opaque' : 'user.overlay.opaque', YES)
}

/** These would steer overlay, and are hidden by it. */
export function isOverlayAttribute(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.')
}
