import type { ContentQuery, ContentWindow } from '../../shared/query.ts'
import { ContentSearch, type ContentSearchOptions, type SearchedImage } from './content-search.ts'
import type { SearchRange } from './name-search.ts'

/** Milliseconds that an answer waits for the end of the search: a quick one is answered whole. */
const WAIT = 80
/** Milliseconds after which nobody wants to know any more. */
const IDLE = 5000

export interface QuestionOptions extends ContentSearchOptions {
  readonly idle?: number
}

/** The last question to the contents of an image's files; it is answered by window while it is worked on. */
export class ContentQuestion implements AsyncDisposable {
  readonly #options: QuestionOptions
  #search: ContentSearch | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(options: QuestionOptions = {}) {
    this.#options = options
  }

  /** Starts a search where this asks something else than before, or where more layers are known by now. Fails as the search does. */
  async window(
    query: ContentQuery,
    image: SearchedImage,
    range: SearchRange,
    signal: AbortSignal,
  ): Promise<ContentWindow> {
    const search = this.#searchFor(query, image)
    this.#stopWhenIdle(search)
    await search.settle(WAIT, signal)
    return search.window(range)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    await this.#search?.[Symbol.asyncDispose]()
  }

  #searchFor(query: ContentQuery, image: SearchedImage): ContentSearch {
    const last = this.#search
    const isSame = last !== undefined && JSON.stringify(last.query) === JSON.stringify(query)
    if (isSame && last.listed === image.listed && !last.isStopped) return last
    last?.stop()
    this.#search = new ContentSearch(query, image, { ...this.#options, before: isSame ? last : undefined })
    return this.#search
  }

  #stopWhenIdle(search: ContentSearch): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      if (search.isRunning) search.stop()
    }, this.#options.idle ?? IDLE)
    this.#idle.unref()
  }
}
