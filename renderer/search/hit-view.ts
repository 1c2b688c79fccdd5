import type { Tree } from '../../shared/files.ts'
import type { SearchHit } from '../../shared/query.ts'
import { pathText } from '../files/paths.ts'
import type { SearchView, Viewed } from '../image/image-views.ts'
import type { Hit } from './found.ts'

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
