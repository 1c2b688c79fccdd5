import type { Digest } from '../../../shared/digest.ts'
import type { Platform, Warning } from '../../../shared/image.ts'
import type { Task } from '../../image/element.ts'
import type { LayerBlob } from '../../image/file-layer.ts'
import type { ParsedConfig } from '../../image/image-config.ts'

/** One image of a file or folder with all that its documents say; no layer byte was read for it (but where no diffID is written down). */
export interface StoredImage {
  /** Full references. */
  readonly references: readonly string[]
  readonly imageID: Digest
  /** The config's own bytes, verified against whatever names their digest. */
  readonly configBytes: Uint8Array
  readonly config: ParsedConfig
  /** Digest of the manifest, where there is one. */
  readonly digest?: Digest
  /** One for each diffID of the config, in its order. */
  readonly layers: readonly LayerBlob[]
  readonly warnings: readonly Warning[]
}

/** One image that could be opened, before its config is read. */
export interface ImageChoice {
  readonly references: readonly string[]
  /** Further names that choose it and that are no references: an OCI layout's `org.opencontainers.image.ref.name`. */
  readonly names: readonly string[]
  /** Digest of the manifest, where there is one. */
  readonly digest?: Digest
  /** Its place in the catalog of a directory of images. */
  readonly catalog?: { readonly image: string; readonly tag: string }
  /** Where the index says it; a docker archive's images say it in their configs. */
  readonly platform?: Platform
  load(task: Task): Promise<StoredImage>
}

/** What a file or folder holds. Whoever opened it disposes it, and with it every file that the layers' bytes come from. */
export interface StoredImages extends AsyncDisposable {
  /** The kind of source that opens one of its images. */
  readonly kind: 'tar' | 'layout' | 'dir'
  /** In the field's words: “docker archive”. */
  readonly format: string
  readonly path: string
  /** Never empty. */
  readonly choices: readonly ImageChoice[]
  /** What was passed over while looking. */
  readonly warnings: readonly Warning[]
  /** As TarArchive's; absent where the bytes are the user's own. */
  readonly discardCopy?: () => Promise<boolean>
}
