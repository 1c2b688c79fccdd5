import { join } from 'node:path'
import { tmpdir } from 'node:os'
import type { SignIn } from '../../shared/remote.ts'
import type { DocumentStore, KnownLayers, LayerCache } from '../image/cache.ts'
import { Catalogue } from './catalogue.ts'
import { defaultFolders } from './folders.ts'
import { FileLayerCache } from './layer-cache.ts'
import { FileDocumentStore } from './documents.ts'
import { FileFateStore } from './fates.ts'
import { FileHashStore } from './file-hashes.ts'
import { FileLayerIndex } from './layer-index.ts'
import { RecentStore } from './recent.ts'
import { SettingsStore } from './settings.ts'

export interface WorkspaceOptions {
  readonly cacheDir?: string | undefined
  readonly tempDir?: string | undefined
  readonly configDir?: string | undefined
  /** Bytes the layer cache may hold, over what the user's settings say. */
  readonly cacheLimit?: number | undefined
  readonly signIns?: readonly SignIn[] | undefined
  /** Blobs and layers worked on at once. */
  readonly parallel?: number | undefined
}

/** Bytes of listings: those of a thousand layers. */
const LISTINGS_LIMIT = 256 * 1024 ** 2

/** What this user keeps between runs, and where. Folders are made when something is first put there, for the user alone. */
export interface Workspace extends KnownLayers {
  readonly cacheDir: string
  readonly configDir: string
  /** For what is spooled and forgotten. */
  readonly tempDir: string
  readonly cacheLimit: number | undefined
  readonly index: FileLayerIndex
  readonly cache: LayerCache
  /** Hashes of files, of layers that were read through for them. */
  readonly hashes: FileHashStore
  readonly documents: DocumentStore
  /** What became of the entries of images that were searched. */
  readonly fates: FileFateStore
  /** Who signs in to registries, beside what the user's files say; never kept here. */
  readonly signIns: readonly SignIn[]
  readonly parallel: number | undefined
  /** The user's own file of certificates to trust. */
  caFile(): Promise<string | undefined>
  readonly settings: SettingsStore
  readonly recent: RecentStore
  /** All images opened before, on the command line too. */
  readonly catalogue: Catalogue
  /** Bytes that the cache, the index and all else that is kept take. */
  cacheSize(): Promise<number>
  /** Removes what nobody is using of the cache, and all of the rest; answers the bytes freed. */
  clearCache(): Promise<number>
}

export function openWorkspace(options: WorkspaceOptions = {}): Workspace {
  const folders = defaultFolders()
  const cacheDir = options.cacheDir ?? folders.cacheDir
  const configDir = options.configDir ?? folders.configDir
  const { cacheLimit } = options
  const settings = new SettingsStore(configDir)
  const index = new FileLayerIndex(join(cacheDir, 'index'))
  const hashes = new FileHashStore(join(cacheDir, 'hashes'))
  const documents = new FileDocumentStore(join(cacheDir, 'documents'))
  const fates = new FileFateStore(join(cacheDir, 'fates'))
  const listings = new FileLayerIndex(join(cacheDir, 'listings'), { limit: LISTINGS_LIMIT })
  const cache = new FileLayerCache(join(cacheDir, 'layers'), {
    limit: async () => cacheLimit ?? (await settings.get()).cacheLimit,
  })
  const kept = [index, listings, hashes, fates, documents, cache]
  return {
    cacheDir,
    configDir,
    tempDir: options.tempDir ?? tmpdir(),
    cacheLimit,
    index,
    listings,
    cache,
    hashes,
    fates,
    documents,
    signIns: options.signIns ?? [],
    parallel: options.parallel,
    caFile: async () => (await settings.get()).caFile || undefined,
    settings,
    recent: new RecentStore(configDir),
    catalogue: new Catalogue(join(configDir, 'images')),
    cacheSize: async () => sumOf(kept.map((store) => store.size())),
    clearCache: async () => sumOf(kept.map((store) => store.clear())),
  }
}

async function sumOf(sizes: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
