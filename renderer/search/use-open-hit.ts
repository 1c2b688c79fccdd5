import { useCallback } from 'react'
import type { EverywhereHit } from '../../shared/query.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { turnToPath } from '../image/image-views.ts'
import { useShell } from '../store.ts'
import { useOpen } from '../use-open.ts'
import type { Found } from './found.ts'
import { viewedOf } from './hit-view.ts'

/** Opens the image that a hit is in, at its path among the files. */
export function useOpenHit(): (hit: EverywhereHit, found: Found) => void {
  const open = useOpen()
  return useCallback(
    (hit, { images = [] }) => {
      const image = images.find(({ imageID }) => imageID === hit.imageID)
      if (image === undefined) return
      const { source, reference } = image
      const id = keyOfSource(source)
      void open.image(source, reference === undefined ? undefined : [reference]).then(() => {
        // It may have failed, which was told; or somebody went elsewhere meanwhile.
        const { openImages, activeImage, setTab } = useShell.getState()
        if (activeImage !== id || !openImages.some((other) => other.id === id)) return
        const { path, tree } = viewedOf(hit)
        turnToPath(id, path, tree, true)
        setTab(id, 'files')
      })
    },
    [open],
  )
}
