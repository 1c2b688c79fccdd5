import { randomUUID } from 'node:crypto'
import { mkdtemp, open, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '../../shared/digest.ts'
import type {
  CacheKey,
  CacheWriter,
  HashStore,
  IndexedLayer,
  LayerCache,
  LayerIndex,
} from '../../main/image/cache.ts'
import type { InputContext } from '../../main/inputs/input-context.ts'
import { PartialFile } from '../../main/store/partial-files.ts'
import { RoomGuard } from '../../main/store/room-guard.ts'
import type { SignIn } from '../../shared/remote.ts'
import { memoryHashes } from './memory-hashes.ts'

export interface TestContext extends AsyncDisposable, InputContext {
  readonly index: LayerIndex & { readonly layers: ReadonlyMap<Digest, IndexedLayer> }
  readonly listings: TestContext['index']
  readonly hashes: HashStore
  /** To be filled by tests that sign in. */
  readonly signIns: SignIn[]
  readonly cache: LayerCache & { readonly folder: string; readonly keys: ReadonlyMap<string, string> }
  /** A folder for the test's own files, removed with the rest. */
  readonly folder: string
  path(name: string): string
}

/** A layer index in memory, a layer cache in a temporary folder, and a folder to write test files into. */
export async function testContext(): Promise<TestContext> {
  const folder = await mkdtemp(join(tmpdir(), 'occystrap-test-'))
  return {
    folder,
    path: (name) => join(folder, name),
    index: memoryIndex(),
    listings: memoryIndex(),
    hashes: memoryHashes(),
    cache: folderCache(folder),
    // Each test hears of every request.
    documents: { get: async () => undefined, put: async () => {} },
    signIns: [],
    parallel: undefined,
    caFile: async () => undefined,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function memoryIndex(): TestContext['index'] {
  const layers = new Map<Digest, IndexedLayer>()
  return {
    layers,
    get: async (diffID) => layers.get(diffID),
    has: async (diffID) => layers.has(diffID),
    async put(diffID, layer) {
      layers.set(diffID, layer)
    },
  }
}

function folderCache(folder: string): TestContext['cache'] {
  const keys = new Map<string, string>()
  const nameOf = (key: CacheKey): string => Object.entries(key).flat().join(' ')
  const lease = (path: string) => ({ path, async [Symbol.asyncDispose]() {} })
  return {
    folder,
    keys,
    async find(key) {
      const path = keys.get(nameOf(key))
      if (path === undefined) return undefined
      await stat(path)
      return lease(path)
    },
    async remove(key) {
      keys.delete(nameOf(key))
    },
    async resume(blob) {
      const path = join(folder, `.cache-${randomUUID()}`)
      return PartialFile.open(
        folder,
        `.cache-blob-${blob.slice(7)}`,
        await RoomGuard.at(path),
        async (written) => {
          await rename(written, path)
          keys.set(nameOf({ blob }), path)
          return lease(path)
        },
      )
    },
    async create(key): Promise<CacheWriter> {
      const temporary = join(folder, `.cache-${randomUUID()}.tmp`)
      const path = join(folder, `.cache-${randomUUID()}`)
      const handle = await open(temporary, 'wx')
      let isOpen = true
      const close = async (): Promise<void> => {
        if (isOpen) await handle.close()
        isOpen = false
      }
      return {
        async write(chunk) {
          await handle.write(chunk)
        },
        async commit() {
          await close()
          await rename(temporary, path)
          keys.set(nameOf(key), path)
          return lease(path)
        },
        async [Symbol.asyncDispose]() {
          await close()
          await rm(temporary, { force: true })
        },
      }
    },
  }
}
