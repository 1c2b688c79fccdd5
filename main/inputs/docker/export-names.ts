import { digestOfHex, type Digest } from '../../../shared/digest.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import { V1Ids } from './v1-ids.ts'

/** What a member of an engine's export may be, as far as its name tells. */
export type MemberName =
  /** A layer, and which one. `digest` names its bytes as stored, where they are not the layer's own. */
  | { readonly kind: 'layer'; readonly diffID: Digest; readonly digest?: Digest }
  /** A layer, but nobody can tell which one before it was read through. */
  | { readonly kind: 'some-layer' }
  /** A layer or a document, named by the digest of its bytes. */
  | { readonly kind: 'blob'; readonly digest: Digest }
  /** A document, named by the digest of its bytes: the config. */
  | { readonly kind: 'document'; readonly digest: Digest }
  /** What a v1 layer says of itself, for `learnV1`. */
  | { readonly kind: 'v1-description'; readonly id: string }
  | { readonly kind: 'other' }

const OTHER: MemberName = { kind: 'other' }

/**
 * Knows members by their names, in every form that engines export: `blobs/sha256/<digest>` (Docker 25 and later: of the layer itself, or
 * of its compressed form where containerd keeps the images), `<diffID>.tar` (Podman), `<v1 id>/layer.tar` (Docker 24 and earlier).
 */
export class ExportNames {
  readonly #layers: ReadonlySet<string>
  readonly #v1: V1Ids
  readonly #blobs = new Map<Digest, Digest>()
  /** Layers that no member was taken for yet. */
  readonly #unseen: Set<Digest>

  constructor(diffIDs: readonly Digest[]) {
    this.#layers = new Set(diffIDs)
    this.#unseen = new Set(diffIDs)
    this.#v1 = new V1Ids(diffIDs)
  }

  /** What a manifest says: that this blob is that layer's compressed form. */
  learn(blob: Digest, diffID: Digest): void {
    this.#blobs.set(blob, diffID)
  }

  learnV1(id: string, parent: string | undefined): void {
    this.#v1.learn(id, parent)
  }

  /** A layer that was told from others by its content. */
  seen(diffID: Digest): void {
    this.#unseen.delete(diffID)
  }

  of(path: PathBytes): MemberName {
    const [, blob, tar, v1, described, document] = NAMES.exec(path) ?? []
    if (blob !== undefined) return this.#ofBlob(digestOfHex(blob) as Digest)
    if (tar !== undefined) return this.#ofTar(digestOfHex(tar) as Digest)
    if (v1 !== undefined) return this.#ofV1(v1)
    if (described !== undefined) return { kind: 'v1-description', id: described }
    if (document !== undefined) return { kind: 'document', digest: digestOfHex(document) as Digest }
    return OTHER
  }

  #ofBlob(digest: Digest): MemberName {
    if (this.#layers.has(digest)) return this.#layer(digest)
    const diffID = this.#blobs.get(digest)
    return diffID === undefined ? { kind: 'blob', digest } : { ...this.#layer(diffID), digest }
  }

  #ofTar(digest: Digest): MemberName {
    return this.#layers.has(digest) ? this.#layer(digest) : { kind: 'some-layer' }
  }

  #ofV1(id: string): MemberName {
    const diffID = this.#v1.find(id) ?? this.#onlyOneLeft()
    return diffID === undefined ? { kind: 'some-layer' } : this.#layer(diffID)
  }

  #onlyOneLeft(): Digest | undefined {
    const [diffID] = this.#unseen
    return this.#unseen.size === 1 ? diffID : undefined
  }

  #layer(diffID: Digest): { readonly kind: 'layer'; readonly diffID: Digest } {
    this.#unseen.delete(diffID)
    return { kind: 'layer', diffID }
  }
}

const HEX = '([0-9a-f]{64})'
const NAMES = new RegExp(
  `^(?:blobs/sha256/${HEX}|${HEX}\\.tar|${HEX}/layer\\.tar|${HEX}/json|${HEX}\\.json)$`,
)
