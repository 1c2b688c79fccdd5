import type { AppInfo, FolderEntry } from '../../shared/contract.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { Keep, SignIn } from '../../shared/remote.ts'
import type { RecentImage } from '../../shared/recent.ts'
import type { Settings } from '../../shared/settings.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { Engine } from '../engine/engine.ts'
import type { ReaderClient } from '../engine/reader-client.ts'
import type { Grants } from './grants.ts'

/** The system's dialogs. Null is a dismissed one. */
export interface Dialogs {
  open(options: { folders: boolean; purpose: string }): Promise<string[] | null>
  save(options: { suggestedName: string; purpose: string }): Promise<string | null>
  folder(options: { purpose: string }): Promise<string | null>
}

export interface FolderListing {
  path: string
  parent: string | null
  entries: FolderEntry[]
  isTruncated: boolean
}

/** What stands in for dialogs in a browser. */
export interface Picker {
  list(options: { path?: string | undefined; showHidden: boolean }): Promise<FolderListing>
  createFolder(options: { parent: string; name: string }): Promise<{ path: string }>
}

export interface SettingsStore {
  get(): Promise<Settings>
  set(change: Partial<Settings>): Promise<Settings>
}

export interface RecentStore {
  list(): Promise<RecentImage[]>
  remember(image: Omit<RecentImage, 'isMissing' | 'opened'>): Promise<void>
  forget(source: SourceSpec): Promise<void>
}

export interface CacheControl {
  size(): Promise<number>
  /** Bytes freed. */
  clear(): Promise<number>
}

/** Who is signed in to registries, and how that is kept. */
export interface SignIns {
  keeping(registry: string): Promise<{ keeps: Keep[]; helper: string | null }>
  keep(signIn: SignIn, how: Keep): Promise<void>
  forget(registry: string): Promise<void>
}

/** Paths that the system handed to the program, until a window takes them. */
export interface OpenedPaths {
  watch(signal?: AbortSignal): AsyncIterable<{ paths: string[] }>
}

/** A file of an image that is dragged out of the window. */
export interface DraggedFile {
  readonly path: PathBytes
  /** Bytes from an offset on, as many as there are up to a length, and the size of the whole. */
  readonly read: (
    offset: number,
    length: number,
  ) => Promise<{ readonly size: number; readonly bytes: Uint8Array }>
}

/** Everything the wire's procedures stand on; put together by each host. */
export interface HostServices {
  readonly info: AppInfo
  readonly samplePath: string
  readonly engine: Engine
  readonly reader: Pick<ReaderClient, 'call'>
  readonly signIns: SignIns
  readonly settings: SettingsStore
  readonly recent: RecentStore
  readonly cache: CacheControl
  readonly grants: Grants
  readonly opened: OpenedPaths
  /** Absent in a browser. */
  readonly dialogs?: Dialogs
  /** Absent where there are dialogs. */
  readonly picker?: Picker
  /** Whether a file goes with this session, so that there is nothing to remember. */
  isTemporary(path: string): boolean
  reveal(path: string): Promise<void>
  /** Absent in a browser. */
  readonly dragOut?: (file: DraggedFile) => Promise<void>
  quit(): void
}
