import fs from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const CALLS = ['mkdir', 'rename', 'link', 'writeFile', 'open', 'chmod'] as const
const HANDLE_CALLS = ['write', 'sync', 'writeFile'] as const

type Method = (...args: unknown[]) => Promise<unknown>

/** While it stands, the N-th change to any file system fails with EIO (from 1). */
export class NthChangeFails implements Disposable {
  /** Changes asked for so far. */
  count = 0
  readonly #n: number
  readonly #restore: (() => void)[] = []

  private constructor(n: number) {
    this.#n = n
  }

  static async make(n: number): Promise<NthChangeFails> {
    const faults = new NthChangeFails(n)
    const handle = await open(import.meta.filename, 'r')
    const prototype = Object.getPrototypeOf(handle) as Record<string, Method>
    await handle.close()
    for (const name of HANDLE_CALLS) faults.#wrap(prototype, name)
    for (const name of CALLS) faults.#wrap(fs as unknown as Record<string, Method>, name)
    syncBuiltinESMExports()
    return faults
  }

  /** Whether the fault has come to pass. */
  get isOver(): boolean {
    return this.count >= this.#n
  }

  #wrap(holder: Record<string, Method>, name: string): void {
    const original = holder[name] as Method
    const counts = (): boolean => ++this.count === this.#n
    holder[name] = function (this: unknown, ...args: unknown[]) {
      // Opening to read changes nothing.
      const isChange = name !== 'open' || args[1] !== 'r'
      if (isChange && counts()) return Promise.reject(fault(name))
      return original.apply(this, args)
    }
    this.#restore.push(() => {
      holder[name] = original
    })
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore()
    syncBuiltinESMExports()
  }
}

function fault(syscall: string): Error {
  return Object.assign(new Error(`EIO: i/o error, ${syscall}`), { code: 'EIO', errno: -5, syscall })
}
