import { observeElementOffset, observeElementRect, useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useMemo, useRef, useState, type RefObject } from 'react'
import { scrollScale } from './scroll-scale.ts'

/** Height of a row in px: 28 at the usual text size, more where the person enlarged it (global.css, --row). */
export function rowHeight(): number {
  const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  return Math.round((Number.isFinite(size) && size > 0 ? size : 16) * 1.75)
}

export interface UniformRows {
  readonly scroller: RefObject<HTMLDivElement | null>
  /** Height of the element inside the scroller. */
  readonly height: number
  readonly rowHeight: number
  /** Rows to draw, and where: px from the top of the inner element. */
  readonly items: readonly { readonly index: number; readonly top: number }[]
  /** Whole rows that fit the viewport; at least one. */
  readonly page: number
  /** Brings a row into view by the shortest way, or to the middle. */
  readonly reveal: (index: number, align?: 'auto' | 'center') => void
}

/** So many rows beyond either edge are drawn ahead, so that a wheel's step finds them there. */
const OVERSCAN = 8
/** Before the first measurement: a screenful is drawn rather than nothing. */
const FIRST_RECT = { width: 800, height: 600 }

/** A long list of rows of one height, of which only those in view are drawn; as long as 2^31 rows on every browser. */
export function useUniformRows(count: number, height = rowHeight()): UniformRows {
  const scroller = useRef<HTMLDivElement>(null)
  const [viewport, setViewport] = useState(FIRST_RECT.height)
  const scale = useMemo(() => scrollScale(count * height, viewport), [count, height, viewport])
  const scaleNow = useRef(scale)
  scaleNow.current = scale

  // oxlint-disable-next-line react/incompatible-library -- its answers are read anew in each rendering, never kept
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    initialRect: FIRST_RECT,
    observeElementRect: observeBoundedRect,
    observeElementOffset: useScaledOffset(scaleNow),
    onChange: (instance) => {
      const seen = instance.scrollRect?.height
      if (seen !== undefined && seen > 0) setViewport(seen)
    },
  })

  const listOffset = virtualizer.scrollOffset ?? 0
  const shift = scale.toScroller(listOffset) - listOffset
  const reveal = useCallback(
    (index: number, align: 'auto' | 'center' = 'auto') => {
      const element = scroller.current
      if (!element) return
      const visible = element.clientHeight || FIRST_RECT.height
      const at = scaleNow.current.toList(element.scrollTop)
      const target = offsetFor(index * height, height, at, visible, align)
      if (target !== at) element.scrollTop = scaleNow.current.toScroller(target)
    },
    [height],
  )

  return {
    scroller,
    height: scale.height,
    rowHeight: height,
    items: virtualizer.getVirtualItems().map(({ index }) => ({ index, top: index * height + shift })),
    page: Math.max(1, Math.floor(viewport / height) - 1),
    reveal,
  }
}

/** No screen is higher, in px: where a layout lets the scroller grow with its rows, not all of them are drawn for that. */
const HIGHEST_VIEWPORT = 8000

const observeBoundedRect: typeof observeElementRect<HTMLDivElement> = (instance, report) =>
  observeElementRect(instance, ({ width, height }) =>
    report({ width, height: Math.min(height, HIGHEST_VIEWPORT) }),
  )

type OffsetObserver = typeof observeElementOffset<HTMLDivElement>

function useScaledOffset(scale: RefObject<{ toList(scrollTop: number): number }>): OffsetObserver {
  return useCallback<OffsetObserver>(
    (instance, report) =>
      observeElementOffset(instance, (offset, isScrolling) =>
        report(scale.current.toList(offset), isScrolling),
      ),
    [scale],
  )
}

function offsetFor(
  top: number,
  height: number,
  at: number,
  visible: number,
  align: 'auto' | 'center',
): number {
  if (top >= at && top + height <= at + visible) return at
  if (align === 'center') return Math.max(0, top - (visible - height) / 2)
  return top < at ? top : top + height - visible
}
