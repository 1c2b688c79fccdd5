import type { JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { OpenImage } from '../store.ts'
import type { Look } from './hit-view.ts'
import { HitViewer, type HitViewerProps } from './hit-viewer.tsx'
import { KnownHitViewer } from './known-hit-viewer.tsx'

/** The image that is open. */
export interface Searched {
  readonly image: OpenImage
  readonly info: ImageInfo
}

interface LookedAtProps extends Omit<HitViewerProps, 'source' | 'info' | 'viewed'> {
  readonly look: Look
  readonly searched: Searched | null
}

/** The file of a hit beside the results, wherever its image is. */
export function LookedAt({ look: { viewed, known }, searched, ...props }: LookedAtProps): JSX.Element | null {
  if (known) return <KnownHitViewer key={known.imageID} {...props} viewed={viewed} known={known} />
  if (searched === null) return null
  return <HitViewer {...props} viewed={viewed} source={searched.image.source} info={searched.info} />
}
