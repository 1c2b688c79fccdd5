import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfHex, hexOf, type Digest } from '../../shared/digest.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { formatPlatform } from '../../shared/platform.ts'
import type { KnownImage } from '../../shared/query.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { clearLeftovers, temporaryName } from './owner.ts'

/** More images than one computer sees in years. */
const MOST = 1000
/** Characters of the command that made a layer; some are whole scripts. */
const MOST_CREATED_BY = 4096

/** What is known of an image without its source and without its layers. */
export type Catalogued = Omit<KnownImage, 'pendingLayers'>

interface Page {
  /** The state of the file that it was read from. */
  readonly identity: string
  readonly image: Catalogued | undefined
}

/**
 * Every image that was opened before: a small file for each, named by its imageID. Two processes that open the same image at once both
 * write the same; a file appears whole, by rename. What is damaged or of another kind is passed over.
 */
export class Catalogue {
  readonly #folder: string
  readonly #limit: number
  /** What was read, so that a list costs a look at each file. */
  #pages = new Map<string, Page>()

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#folder = folder
    this.#limit = options.limit ?? MOST
  }

  /** Notes that the image was opened now, from there. */
  async remember(info: ImageInfo, source: SourceSpec): Promise<void> {
    const { imageID, reference, digest, platform } = info
    const image: Catalogued = {
      imageID,
      source: withoutPassword(source),
      ...(reference === undefined ? {} : { reference }),
      ...(digest === undefined ? {} : { digest }),
      platform: formatPlatform(platform),
      opened: Date.now(),
      layers: info.layers.map(({ diffID, createdBy }) => ({
        diffID,
        ...(createdBy === undefined ? {} : { createdBy: createdBy.slice(0, MOST_CREATED_BY) }),
      })),
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = this.#pathOf(imageID)
    const isNew = !(await stat(path).catch(() => undefined))
    await this.#write(path, `${JSON.stringify(image)}\n`)
    if (isNew) await this.#tidy()
  }

  /** Latest first. */
  async all(): Promise<Catalogued[]> {
    const pages = new Map<string, Page>()
    for (const { name, identity } of await this.#files()) {
      const known = this.#pages.get(name)
      pages.set(name, known?.identity === identity ? known : { identity, image: await this.#read(name) })
    }
    this.#pages = pages
    return [...pages.values()]
      .flatMap(({ image }) => image ?? [])
      .sort((a, b) => b.opened - a.opened || (a.imageID < b.imageID ? -1 : 1))
  }

  async forget(imageID: Digest): Promise<void> {
    await rm(this.#pathOf(imageID), { force: true })
  }

  #pathOf(imageID: Digest): string {
    return join(this.#folder, `${hexOf(imageID)}.json`)
  }

  async #read(name: string): Promise<Catalogued | undefined> {
    try {
      // Not for those who only write: a command that opens an image should not wait for schemas.
      const { cataloguedImageSchema } = await import('../../shared/query.ts')
      const image = cataloguedImageSchema.parse(JSON.parse(await readFile(join(this.#folder, name), 'utf8')))
      return name === `${hexOf(image.imageID)}.json` ? image : undefined
    } catch {
      return undefined
    }
  }

  /** Nothing is synced: what a power cut spoils is passed over. */
  async #write(path: string, text: string): Promise<void> {
    const temporary = temporaryName(path)
    try {
      await writeFile(temporary, text, { flag: 'wx', mode: 0o600 })
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Clears what died half-written, and the least recently opened beyond the limit. */
  async #tidy(): Promise<void> {
    await clearLeftovers(this.#folder)
    const files = (await this.#files()).sort((a, b) => b.mtimeMs - a.mtimeMs)
    for (const { name } of files.slice(this.#limit)) await rm(join(this.#folder, name), { force: true })
  }

  async #files(): Promise<{ name: string; identity: string; mtimeMs: number }[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const files = await Promise.all(
      names
        .filter((name) => name.endsWith('.json') && digestOfHex(name.slice(0, -5)))
        .map(async (name) => {
          const found = await stat(join(this.#folder, name)).catch(() => undefined)
          return (
            found && { name, identity: `${found.ino}:${found.size}:${found.mtimeMs}`, mtimeMs: found.mtimeMs }
          )
        }),
    )
    return files.filter((file) => file !== undefined)
  }
}

/** The address of an engine is kept as it was typed; a password in it is of no use there. */
function withoutPassword(source: SourceSpec): SourceSpec {
  if (source.kind !== 'docker' || source.socket === undefined) return source
  return { ...source, socket: source.socket.replace(/^([a-z]+:\/\/[^/@:]*):[^/@]*@/i, '$1@') }
}
