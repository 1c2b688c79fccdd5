import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ImageError } from '../../../shared/errors.ts'
import { folderTarget } from '../target.ts'
import type { Form } from './layer-stack.ts'

export const MARKER = 'occystrap-mounts.json'
export const LAYERS = 'layers'
export const IMAGES = 'images'

const markerSchema = z.object({ version: z.literal(1), attributes: z.enum(['trusted', 'user']) })

export interface MountsTarget {
  readonly path: string
  readonly parent: string
  readonly exists: boolean
  /** Of the layers that are there; undefined where there are none. */
  readonly form: Form | undefined
}

/** Where images are to be mounted: a folder of ours, an empty one or none. */
export async function mountsTarget(path: string): Promise<MountsTarget> {
  const target = await folderTarget(path)
  if (!target.exists) return { ...target, form: undefined }
  const form = await formOfFolder(target.path)
  if (form === undefined && !(await isEmpty(target.path)))
    throw new ImageError('exists', `${path} exists already and is no folder of images to mount.`, {
      remedy: 'Choose another name, or an empty folder.',
    })
  return { ...target, form }
}

/** Undefined where there is no marker: then the folder is not ours. */
export async function formOfFolder(path: string): Promise<Form | undefined> {
  const file = join(path, MARKER)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const marker = markerSchema.safeParse(jsonOf(text))
  if (marker.success) return marker.data.attributes === 'user' ? 'user' : 'root'
  throw new ImageError('unsupported', `${file} is not of a version that this program knows.`, {
    remedy: 'Use a newer Occystrap, or choose another folder.',
  })
}

export function markerText(form: Form): string {
  return `${JSON.stringify({ version: 1, attributes: form === 'user' ? 'user' : 'trusted' })}\n`
}

/** What another run is making there counts for nothing, nor what a file system has in its root. */
async function isEmpty(path: string): Promise<boolean> {
  const names = await readdir(path)
  return names.every((name) => name.startsWith('.occystrap') || name === 'lost+found')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
