import { useEffect, useRef, useState, type JSX } from 'react'
import type { SourceSpec } from '../../../shared/uri.ts'
import { failureOf } from '../../client.ts'
import type { Viewed } from '../../image/image-views.ts'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { formatBytes } from '../../parts/format.ts'
import { MOST_PICTURE, usePicture } from './file-chunks.ts'
import { pathText } from '../paths.ts'
import styles from './viewer.module.css'

interface PictureViewProps {
  readonly source: SourceSpec
  readonly viewed: Viewed
  readonly size: number
  /** As the engine found it in the first bytes; never SVG, which could carry script. */
  readonly mediaType: string
}

/** A raster picture from the image, as a blob: nothing of it is ever a document. */
export function PictureView({ source, viewed, size, mediaType }: PictureViewProps): JSX.Element {
  const picture = usePicture(source, viewed, size, mediaType)
  const shown = useRef<HTMLImageElement>(null)
  const [pixels, setPixels] = useState<string | null>(null)
  const [isBroken, setBroken] = useState(false)
  const blob = picture.data
  useEffect(() => {
    if (blob === undefined || shown.current === null) return
    const url = URL.createObjectURL(blob)
    shown.current.src = url
    return () => URL.revokeObjectURL(url)
  }, [blob])

  if (size > MOST_PICTURE) {
    return (
      <EmptyState title="Too large to show">
        A picture of {formatBytes(size)}: save it to look at it.
      </EmptyState>
    )
  }
  if (picture.error) return <ErrorNote report={failureOf(picture.error)} />
  if (isBroken)
    return (
      <EmptyState title="Not a picture after all">Its bytes cannot be decoded. Hex shows them.</EmptyState>
    )
  return (
    <figure className={styles['picture']}>
      <img
        ref={shown}
        alt={pathText(viewed.path)}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setPixels(`${naturalWidth} × ${naturalHeight}`)
        }
        onError={() => setBroken(true)}
      />
      <figcaption>{pixels === null ? '' : `${pixels} pixels, ${mediaType}`}</figcaption>
    </figure>
  )
}
