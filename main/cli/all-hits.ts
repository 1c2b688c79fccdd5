const WINDOW = 1000

interface Window<Hit> {
  /** Hits in all. */
  readonly total: number
  readonly hits: readonly Hit[]
}

/** All hits of a search that is asked for them window by window. */
export async function* allHits<Hit>(
  ask: (range: { readonly offset: number; readonly limit: number }) => Promise<Window<Hit>>,
): AsyncGenerator<readonly Hit[], void, undefined> {
  for (let offset = 0; ; offset += WINDOW) {
    const { total, hits } = await ask({ offset, limit: WINDOW })
    yield hits
    if (offset + WINDOW >= total) return
  }
}
