import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { command, tryCommand, type CommandResult } from './command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** The built command line, as it is installed. */
export const CLI = join(import.meta.dirname, '../../out/main/cli.js')

/** The built command line with a cache, settings and a temporary folder of its own: nothing of the user's is read or written. */
export class Occystrap implements AsyncDisposable {
  readonly folder: TemporaryFolder

  private constructor(folder: TemporaryFolder) {
    this.folder = folder
  }

  static async make(): Promise<Occystrap> {
    if (!existsSync(CLI)) throw new Error(`${CLI} is not there: run "npm run build" first`)
    return new Occystrap(await TemporaryFolder.make())
  }

  get environment(): Record<string, string> {
    return {
      HOME: this.folder.path,
      XDG_CACHE_HOME: this.folder.at('cache'),
      XDG_CONFIG_HOME: this.folder.at('config'),
      XDG_STATE_HOME: this.folder.at('state'),
    }
  }

  /** Runs it to its end, whatever its exit status. */
  async attempt(...args: string[]): Promise<CommandResult> {
    return tryCommand(process.execPath, [CLI, ...args], { env: this.environment })
  }

  /** Runs it; it must succeed. Answers its standard output. */
  async run(...args: string[]): Promise<string> {
    return command(process.execPath, [CLI, ...args], { env: this.environment })
  }

  /** The one object it prints. */
  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run(...args)) as T
  }

  /** The objects it prints, one a line. */
  async lines<T>(...args: string[]): Promise<T[]> {
    return linesOf<T>(await this.run(...args))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]()
  }
}

export function linesOf<T>(text: string): T[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T)
}

/** One line of `ls --json`, as the specification has it. */
export interface ListedPath {
  readonly path: string
  readonly pathBase64?: string
  readonly type: string
  readonly size: number
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly linkname?: string
  readonly linknameBase64?: string
  readonly inode?: number
  readonly device?: { readonly major: number; readonly minor: number }
  readonly layer: number
  readonly sha256?: string
  readonly xattrs?: Readonly<Record<string, string>>
}

/** One line of `search --json`. */
export interface FoundPath {
  readonly image: string
  readonly layer: string
  readonly layerIndex: number
  readonly path: string
  readonly pathBase64?: string
  readonly type: string
  readonly size: number
  readonly state: 'present' | 'replaced' | 'deleted'
  readonly createdBy?: string
  readonly by?: number
}

/** `info --json`. */
export interface ShownImage {
  readonly reference?: string
  readonly references?: readonly string[]
  readonly imageID: string
  readonly config: { readonly User?: string; readonly Entrypoint?: string[]; readonly Env?: string[] }
  readonly layers: readonly {
    readonly index: number
    readonly diffID: string
    readonly size: number | null
  }[]
  readonly warnings: readonly unknown[]
}

/** The bytes of a listed path, in base64: the key to compare trees by. */
export function pathKey(listed: { readonly path: string; readonly pathBase64?: string }): string {
  return listed.pathBase64 ?? Buffer.from(listed.path).toString('base64')
}
