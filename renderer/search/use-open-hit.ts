import { useCallback } from 'react'
import type { KnownImage } from '../../shared/query.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { turnToPath, type Viewed } from '../image/image-views.ts'
import { useShell } from '../store.ts'
import { useOpen } from '../use-open.ts'

/** Opens an image that was opened before, at a path among its files. */
export function useOpenHit(): (image: KnownImage, viewed: Viewed) => void {
  const open = useOpen()
  return useCallback(
    ({ source, reference }, { path, tree }) => {
      const id = keyOfSource(source)
      void open.image(source, reference === undefined ? undefined : [reference]).then(() => {
        // It may have failed, which was told; or somebody went elsewhere meanwhile.
        const { openImages, activeImage, setTab } = useShell.getState()
        if (activeImage !== id || !openImages.some((other) => other.id === id)) return
        turnToPath(id, path, tree, true)
        setTab(id, 'files')
      })
    },
    [open],
  )
}
