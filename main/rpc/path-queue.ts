import type { OpenedPaths } from './host-services.ts'

/** Paths handed to the program, kept until a window asks for them: the first ones come before there is one. */
export class PathQueue implements OpenedPaths {
  #paths: string[] = []
  #wake: () => void = () => {}

  push(paths: readonly string[]): void {
    if (paths.length === 0) return
    this.#paths.push(...paths)
    this.#wake()
  }

  async *watch(signal: AbortSignal = new AbortController().signal): AsyncGenerator<{ paths: string[] }> {
    const stop = (): void => this.#wake()
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        if (this.#paths.length > 0) yield { paths: this.#paths.splice(0) }
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}
