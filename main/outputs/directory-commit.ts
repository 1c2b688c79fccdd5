import { chmod, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
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
import { FolderLock } from './folder-lock.ts'
import { fullName, type TaggedName } from './names.ts'
import { syncPath, type Staging } from './staging.ts'

/** An image whose new layers stand whole in the staging folder, each as `<hex>/layer.tar`. */
export interface StagedImage {
  readonly config: { readonly name: Digest; readonly data: Uint8Array }
  readonly names: readonly TaggedName[]
  /** Base first, repeats included. */
  readonly layers: readonly Digest[]
  readonly staged: readonly Digest[]
  readonly uniqueNames: boolean
}

const OVERWRITE = { overwrite: true } as const

/** Makes the image visible in its directory: layers first, what names them last. A new directory appears whole, by one rename. */
export async function publishImage(
  image: StagedImage,
  staging: Staging,
  target: { readonly path: string; readonly exists: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (!target.exists && (await publishWhole(image, staging, target.path, signal))) return
  await using lock = await FolderLock.acquire(target.path, signal)
  await moveLayers(image, staging, target.path)
  const files = await filesOf(image, target.path)
  signal.throwIfAborted()
  if (!(await lock.isHeld()))
    throw new ImageError('busy', `Another program took over ${target.path}.`, { remedy: 'Try again.' })
  for (const [name, content] of files) {
    await writeDurably(staging.file(name), content)
    await staging.commit(name, join(target.path, name), OVERWRITE)
  }
}

/** False where the directory has come to be in the meantime. */
async function publishWhole(
  image: StagedImage,
  staging: Staging,
  path: string,
  signal: AbortSignal,
): Promise<boolean> {
  const files = await filesOf(image, staging.path)
  for (const [name, content] of files) await writeDurably(staging.file(name), content)
  for (const name of await readdir(staging.path)) await syncPath(staging.file(name))
  await chmod(staging.path, 0o777 & ~process.umask())
  await syncPath(staging.path)
  signal.throwIfAborted()
  try {
    await rename(staging.path, path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // Windows says EPERM where others say that the folder is not empty.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error
    for (const name of files.keys()) await rm(staging.file(name))
    return false
  }
  await syncPath(dirname(path))
  return true
}

async function moveLayers(image: StagedImage, staging: Staging, path: string): Promise<void> {
  for (const diffID of image.staged) {
    const folder = join(path, hexOf(diffID))
    await mkdir(folder, { recursive: true })
    // A link here would lead the layer out of the directory.
    if (!(await lstat(folder)).isDirectory())
      throw new ImageError('exists', `${folder} is not a folder.`, {
        remedy: 'Remove it, or choose another place.',
      })
    await rename(join(staging.file(hexOf(diffID)), 'layer.tar'), join(folder, 'layer.tar'))
    await syncPath(folder)
  }
  await syncPath(path)
}

/** The small files of the directory as they will be, in the order in which they may become visible: the catalog last. */
async function filesOf(image: StagedImage, path: string): Promise<Map<string, string | Uint8Array>> {
  const hex = hexOf(image.config.name)
  // A Map keeps the order in which they are set.
  const files = new Map<string, string | Uint8Array>([[`${hex}.json`, image.config.data]])
  const names = image.names.length > 0 ? image.names : [namelessName(hex)]
  const [first] = names as [TaggedName]
  let catalog = await readCatalog(path)
  if (!image.uniqueNames)
    for (const earlier of displaced(await plainManifest(path), catalog, names)) {
      const file = uniqueManifestName(catalog, earlier.names[0] as TaggedName, earlier.hex)
      files.set(file, pythonJson([earlier.item]))
      for (const name of earlier.names) catalog = withEntry(catalog, name, file)
    }
  const manifest = image.uniqueNames ? uniqueManifestName(catalog, first, hex) : PLAIN_MANIFEST
  const item: ManifestItem = {
    Config: `${hex}.json`,
    ImageName: first.name,
    Layers: image.layers.map((diffID) => `${hexOf(diffID)}/layer.tar`),
    RepoTags: image.names.map((name) => fullName(name)),
  }
  files.set(manifest, pythonJson([item]))
  for (const name of names) catalog = withEntry(catalog, name, manifest)
  return files.set(CATALOG, formatCatalog(catalog))
}

/** The catalog needs a name for every image. */
function namelessName(hex: string): TaggedName {
  return { name: 'unnamed', tag: hex.slice(0, 12) }
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

/** Images that only `manifest.json` names and that keep a name when it is written anew: they get manifests of their own. */
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

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: 'wx', flush: true })
}
