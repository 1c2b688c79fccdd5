import callbacks from 'node:fs'
import fs from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const CALLS = ['mkdir', 'rename', 'link', 'writeFile', 'open', 'chmod'] as const
/** Those that only remove or mark: a program that cannot do these has done no harm, but may die there. */
const TIDYING_CALLS = ['rm', 'rmdir', 'utimes', 'copyFile'] as const
/** What a root filesystem is made with, on the thread that asks. */
const SYNCHRONOUS_CALLS = ['mkdirSync', 'linkSync', 'symlinkSync', 'chmodSync', 'fchmodSync'] as const
const HANDLE_CALLS = ['write', 'sync', 'writeFile'] as const

type Method = (...args: unknown[]) => unknown

export interface FaultOptions {
  /** Every change after the N-th fails too, as on a disk that has gone; tidying among them. */
  readonly isLasting?: boolean
  /** What happens at the N-th change, tidying included, instead of a failure; the change itself is made where this returns. */
  readonly strike?: () => void
}

/** While it stands, the N-th change to any file system fails with EIO (from 1). */
export class NthChangeFails implements Disposable {
  /** The changes asked for so far, by the names of their calls. */
  readonly calls: string[] = []
  readonly #n: number
  readonly #options: FaultOptions
  readonly #restore: (() => void)[] = []

  private constructor(n: number, options: FaultOptions) {
    this.#n = n
    this.#options = options
  }

  static async make(n: number, options: FaultOptions = {}): Promise<NthChangeFails> {
    const faults = new NthChangeFails(n, options)
    const handle = await open(import.meta.filename, 'r')
    const prototype = Object.getPrototypeOf(handle) as Record<string, Method>
    await handle.close()
    const calls = options.isLasting || options.strike ? [...CALLS, ...TIDYING_CALLS] : CALLS
    for (const name of HANDLE_CALLS) faults.#wrap(prototype, name)
    for (const name of calls) faults.#wrap(fs as unknown as Record<string, Method>, name)
    for (const name of SYNCHRONOUS_CALLS) faults.#wrap(callbacks as unknown as Record<string, Method>, name)
    syncBuiltinESMExports()
    return faults
  }

  /** Whether the fault has come to pass. */
  get isOver(): boolean {
    return this.count >= this.#n
  }

  get count(): number {
    return this.calls.length
  }

  #fails(name: string): boolean {
    this.calls.push(name)
    if (this.#options.isLasting) return this.isOver
    if (this.count !== this.#n) return false
    if (!this.#options.strike) return true
    this.#options.strike()
    return false
  }

  #wrap(holder: Record<string, Method>, name: string): void {
    const original = holder[name] as Method
    const fails = (): boolean => this.#fails(name)
    holder[name] = function (this: unknown, ...args: unknown[]) {
      // Opening to read changes nothing.
      const isChange = name !== 'open' || args[1] !== 'r'
      if (isChange && fails()) {
        if (name.endsWith('Sync')) throw fault(name)
        return Promise.reject(fault(name))
      }
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
