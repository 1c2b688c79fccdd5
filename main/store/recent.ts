import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecentImage } from '../../shared/recent.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { pathOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { JsonFile } from './json-file.ts'

/** More than anyone looks through. */
const MAX_IMAGES = 50

type StoredImage = Omit<RecentImage, 'isMissing'>

/** The images opened last, in `recent.json`. */
export class RecentStore {
  readonly #file

  constructor(folder: string) {
    this.#file = new JsonFile(join(folder, 'recent.json'), storedSchema, () => [])
  }

  /** Latest first; what is not there any more is marked. */
  async list(): Promise<RecentImage[]> {
    return Promise.all((await this.#file.read()).map(withPresence))
  }

  /** Puts the image first. */
  async remember(image: Omit<StoredImage, 'opened'>): Promise<void> {
    const opened = { ...image, opened: Date.now() }
    await this.#file.update((images) =>
      [opened, ...images.filter((other) => !isSame(other.source, image.source))].slice(0, MAX_IMAGES),
    )
  }

  async forget(source: SourceSpec): Promise<void> {
    await this.#file.update((images) => images.filter((image) => !isSame(image.source, source)))
  }
}

async function storedSchema() {
  const { recentImageSchema } = await import('../../shared/recent.ts')
  return recentImageSchema.omit({ isMissing: true }).array()
}

/** Whether both open the same image, whatever the order of their keys. */
function isSame(a: SourceSpec, b: SourceSpec): boolean {
  return keyOfSource(a) === keyOfSource(b)
}

async function withPresence(image: StoredImage): Promise<RecentImage> {
  const path = pathOfSource(image.source)
  const isMissing =
    path !== undefined &&
    (await stat(path).then(
      () => false,
      () => true,
    ))
  return { ...image, isMissing }
}
