/**
 * Browsers stop laying out at a height: Firefox near 17.9 million px, Chromium near 33.5. A list that would be higher gets a
 * scroll range of this height, and its positions are scaled.
 */
export const MAX_SCROLL_HEIGHT = 16_000_000

export interface ScrollScale {
  /** Height of the element inside the scroller. */
  readonly height: number
  /** Where the list stands for where the scroller stands. */
  readonly toList: (scrollTop: number) => number
  readonly toScroller: (listOffset: number) => number
}

/** How a list of `listHeight` px scrolls inside a viewport; the identity while the list is not too high. */
export function scrollScale(listHeight: number, viewportHeight: number): ScrollScale {
  if (listHeight <= MAX_SCROLL_HEIGHT) return { height: listHeight, toList: identity, toScroller: identity }
  const ratio = (listHeight - viewportHeight) / (MAX_SCROLL_HEIGHT - viewportHeight)
  return {
    height: MAX_SCROLL_HEIGHT,
    toList: (scrollTop) => Math.max(0, scrollTop) * ratio,
    toScroller: (listOffset) => Math.max(0, listOffset) / ratio,
  }
}

function identity(offset: number): number {
  return offset
}
