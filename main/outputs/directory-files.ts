import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import {
  CATALOG,
  formatCatalog,
  namesOfFile,
  parseManifestFile,
  PLAIN_MANIFEST,
  pythonJson,
  uniqueManifestName,
  withEntry,
  type Catalog,
  type ManifestItem,
} from './directory-catalog.ts'
import { readCatalog, textOf } from './directory-contents.ts'
import { fullName, type TaggedName } from './names.ts'

/** What is to be written into a directory for one image. */
export interface DirectoryImage {
  readonly config: { readonly name: Digest; readonly data: Uint8Array }
  readonly names: readonly TaggedName[]
  /** Base first, repeats included. */
  readonly layers: readonly Digest[]
  readonly uniqueNames: boolean
}

export interface SmallFile {
  readonly name: string
  readonly content: string | Uint8Array
}

/**
 * The small files of the directory as they will be, in the order in which they may become visible: after each of them every image of
 * the catalog is whole and still the one it was, or the new one.
 */
export async function filesOf(image: DirectoryImage, path: string): Promise<SmallFile[]> {
  const hex = hexOf(image.config.name)
  const names = image.names.length > 0 ? image.names : [namelessName(hex)]
  const [first] = names as [TaggedName]
  const files: SmallFile[] = [{ name: `${hex}.json`, content: image.config.data }]
  let catalog = await readCatalog(path)
  const others = image.uniqueNames ? [] : displaced(await plainManifest(path), catalog, names)
  for (const other of others) {
    const file = uniqueManifestName(catalog, other.names[0] as TaggedName, other.hex)
    files.push({ name: file, content: pythonJson([other.item]) })
    for (const name of other.names) catalog = withEntry(catalog, name, file)
  }
  if (others.length > 0) files.push({ name: CATALOG, content: formatCatalog(catalog) })
  const manifest = image.uniqueNames ? uniqueManifestName(catalog, first, hex) : PLAIN_MANIFEST
  const item: ManifestItem = {
    Config: `${hex}.json`,
    ImageName: first.name,
    Layers: image.layers.map((diffID) => `${hexOf(diffID)}/layer.tar`),
    RepoTags: image.names.map((name) => fullName(name)),
  }
  for (const name of names) catalog = withEntry(catalog, name, manifest)
  return [
    ...files,
    { name: manifest, content: pythonJson([item]) },
    { name: CATALOG, content: formatCatalog(catalog) },
  ]
}

/** The catalog needs a name for every image; this one is no valid reference, so that nobody takes it for the image's own. */
function namelessName(hex: string): TaggedName {
  return { name: 'UNNAMED', tag: hex.slice(0, 12) }
}

async function plainManifest(path: string): Promise<ManifestItem[]> {
  const file = join(path, PLAIN_MANIFEST)
  const text = await textOf(file)
  return text === undefined ? [] : parseManifestFile(text, file)
}

interface Displaced {
  readonly item: ManifestItem
  readonly hex: string
  /** At least one. */
  readonly names: readonly TaggedName[]
}

/** Images that only `manifest.json` describes and that keep a name when it is written anew: they get manifests of their own. */
function displaced(
  items: readonly ManifestItem[],
  catalog: Catalog,
  incoming: readonly TaggedName[],
): Displaced[] {
  const taken = new Set(incoming.map((name) => fullName(name)))
  const catalogued = namesOfFile(catalog, PLAIN_MANIFEST)
  return items.flatMap((item) => {
    const hex = item.Config.replace(/[^0-9a-f].*$/, '')
    const own = items.length === 1 && catalogued.length > 0 ? catalogued : tagsOf(item)
    const names = (own.length > 0 ? own : [namelessName(hex)]).filter((name) => !taken.has(fullName(name)))
    return names.length === 0 ? [] : [{ item, hex, names }]
  })
}

function tagsOf(item: ManifestItem): TaggedName[] {
  return (item.RepoTags ?? []).map((text) => {
    const colon = text.lastIndexOf(':')
    return colon > text.lastIndexOf('/')
      ? { name: text.slice(0, colon), tag: text.slice(colon + 1) }
      : { name: text, tag: 'latest' }
  })
}
