import type { Tree } from '../../shared/files.ts'
import type { Digest } from '../../shared/digest.ts'
import type { KnownImage, SearchHit } from '../../shared/query.ts'
import { pathText } from '../files/paths.ts'
import type { SearchView, Viewed } from '../image/image-views.ts'
import type { Hit } from './found.ts'
import type { SearchMode } from './question.ts'

export const WHOLE: Tree = { isMerged: true }

/** What the final image still has is shown there; anything else as its own layer left it. */
export function viewedOf({ path, state, layerIndex }: SearchHit): Viewed {
  return { path, tree: state === 'present' ? WHOLE : { layer: layerIndex, isMerged: true } }
}

/** Where a hit is, for who hears it. */
export function saidOf(hit: Hit): string {
  return 'line' in hit ? `${pathText(hit.path)}, line ${hit.line}` : pathText(hit.path)
}

/** What a look at a hit changes: its file beside the results, at the line where the match is. */
export function viewOf(hit: Hit): Pick<SearchView, 'viewed' | 'viewedIn' | 'spot'> {
  const viewed = viewedOf(hit)
  const viewedIn = 'imageID' in hit ? hit.imageID : null
  if (!('line' in hit)) return { viewed, viewedIn, spot: null }
  const { line, column, text, from, to } = hit
  return { viewed, viewedIn, spot: { line, column, text: text.slice(from, to) } }
}

/** A hit that is looked at, and its image where all are searched. */
export interface Look {
  readonly viewed: Viewed
  readonly known: KnownImage | null
}

export function lookedAt(
  { viewed, viewedIn }: SearchView,
  mode: SearchMode,
  images: readonly KnownImage[] | undefined,
): Look | null {
  const known = knownImage(images, viewedIn)
  // A look that was taken in the other scope.
  const isElsewhere = (mode === 'everywhere') !== (known !== null)
  return viewed === null || isElsewhere ? null : { viewed, known }
}

export function knownImage(images: readonly KnownImage[] = [], imageID: Digest | null): KnownImage | null {
  return images.find((image) => image.imageID === imageID) ?? null
}
