import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import { fullName, type TaggedName } from './names.ts'

/** Which manifest file each image of a directory has: image, then tag, then the file's name, as the original Python tool keeps it. */
export type Catalog = ReadonlyMap<string, ReadonlyMap<string, string>>

/** One image of a directory. The original writes a list of one of these; a directory unpacked from a tarball may list several. */
const manifestItemSchema = z.looseObject({
  Config: z.string(),
  Layers: z.array(z.string()),
  RepoTags: z.array(z.string()).nullish(),
  ImageName: z.string().nullish(),
})
export type ManifestItem = z.infer<typeof manifestItemSchema>

export const CATALOG = 'catalog.json'
export const PLAIN_MANIFEST = 'manifest.json'

const catalogSchema = z.record(z.string(), z.record(z.string(), z.string()))

/** ImageError 'malformed' for anything else: a catalog that cannot be read is not written over. */
export function parseCatalog(text: string, path: string): Catalog {
  const parsed = catalogSchema.safeParse(jsonOf(text, path))
  if (!parsed.success) throw damaged(path)
  return new Map(
    Object.entries(parsed.data).map(([image, tags]) => [image, new Map(Object.entries(tags))] as const),
  )
}

export function parseManifestFile(text: string, path: string): ManifestItem[] {
  const parsed = z.array(manifestItemSchema).safeParse(jsonOf(text, path))
  if (!parsed.success) throw damaged(path)
  return parsed.data
}

export function formatCatalog(catalog: Catalog): string {
  return pythonJson(
    Object.fromEntries([...catalog].map(([image, tags]) => [image, Object.fromEntries(tags)])),
  )
}

export function withEntry(catalog: Catalog, { name, tag }: TaggedName, file: string): Catalog {
  return new Map([...catalog, [name, new Map([...(catalog.get(name) ?? []), [tag, file]])]])
}

/** The names that the catalog gives to one manifest file. */
export function namesOfFile(catalog: Catalog, file: string): TaggedName[] {
  return [...catalog].flatMap(([name, tags]) =>
    [...tags].filter(([, other]) => other === file).map(([tag]) => ({ name, tag })),
  )
}

/** File names of most systems hold 255 bytes. */
const LONGEST_NAME = 200

/**
 * The original's name for an image's own manifest. Two images whose names differ only in `/` and `_` would share it: the second gets
 * its image ID's first digits too. Names may come from a directory somebody else made: none leads out of it.
 */
export function uniqueManifestName(catalog: Catalog, image: TaggedName, hex: string): string {
  const plain = `manifest-${image.name}-${image.tag}`.replace(/[/\\\0]/g, '_')
  const base = plain.slice(0, LONGEST_NAME)
  const isOthers = namesOfFile(catalog, `${base}.json`).some((name) => fullName(name) !== fullName(image))
  return isOthers || base !== plain ? `${base}-${hex.slice(0, 12)}.json` : `${base}.json`
}

/** Keys sorted, four blanks, as `json.dumps(indent=4, sort_keys=True)`. */
export function pythonJson(value: unknown): string {
  return JSON.stringify(sorted(value), null, 4)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw damaged(path, error)
  }
}

function damaged(path: string, cause?: unknown): ImageError {
  return new ImageError('malformed', `${path} is damaged, so nothing can be added there.`, {
    remedy: 'Repair or remove the file, or choose another folder.',
    ...(cause === undefined ? {} : { cause }),
  })
}
