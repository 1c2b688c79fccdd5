import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ImageError } from '../../shared/errors.ts'
import type { JobSpec } from '../../shared/job.ts'
import { commandLineOf } from '../engine/command-line-of.ts'

/**
 * The places a session may write to: what a dialog or the picker handed out, and what lies below it. The page names paths, main
 * decides; so a page that was taken over cannot write where its user did not point.
 */
export class Grants {
  readonly #granted = new Set<string>()
  readonly #refused: readonly string[]

  /** `refused` are folders of ours (caches, settings) that no one may choose. */
  constructor(refused: readonly string[] = []) {
    this.#refused = refused
  }

  /** Fails with 'permission' for a folder of ours, 'usage' for a relative path. */
  async grant(path: string): Promise<void> {
    const real = await realPlace(path)
    for (const folder of this.#refused) {
      if (isAtOrBelow(real, await realPlace(folder)))
        throw new ImageError('permission', `${path} belongs to Occystrap itself.`, {
          remedy: 'Choose another folder.',
        })
    }
    this.#granted.add(real)
  }

  /** Fails with 'permission' where nobody chose this place. */
  async assertWritable(path: string, remedy = 'Choose the destination again.'): Promise<void> {
    const real = await realPlace(path)
    for (const granted of this.#granted) if (isAtOrBelow(real, granted)) return
    throw new ImageError('permission', `${path} was not chosen in this session.`, {
      remedy,
    })
  }

  /** The same for all that a job would write, and for where it would mount. */
  async assertAllowed(spec: JobSpec): Promise<void> {
    switch (spec.kind) {
      case 'convert':
        return this.assertWritable(spec.output.path)
      case 'save-path':
      case 'save-hits':
      case 'save-layer':
        return this.assertWritable(spec.destination)
      case 'mount':
      case 'unmount':
        // Nobody is asked for a destination here; a terminal does the same.
        return this.assertWritable(
          spec.path,
          `Export to it again, or run this in a terminal: ${commandLineOf(spec)}`,
        )
      case 'index':
      case 'index-engine':
    }
  }
}

/** Containment by whole components, never by prefix: `/root2` is not below `/root`. */
export function isAtOrBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** The path with its links resolved as far as it exists, so that a link below a granted folder leads nowhere else. */
async function realPlace(path: string): Promise<string> {
  if (!isAbsolute(path)) throw new ImageError('usage', `${path} is not an absolute path.`)
  const missing: string[] = []
  let folder = resolve(path)
  for (;;) {
    try {
      return join(await realpath(folder), ...missing)
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isMissing || dirname(folder) === folder) throw error
      missing.unshift(folder.slice(dirname(folder).length).replace(/^[/\\]/, ''))
      folder = dirname(folder)
    }
  }
}
