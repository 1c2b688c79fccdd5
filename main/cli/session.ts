import { isAbsolute, resolve } from 'node:path'
import type { DestinationSpec, SourceSpec } from '../../shared/uri.ts'
import { parseDestination } from '../../shared/source-uri.ts'
import type { ImageInput } from '../image/element.ts'
import { openWorkspace, type Workspace } from '../store/workspace.ts'
import { CliTask } from './cli-task.ts'
import { platformOf, signInsOf, type GlobalOptions } from './globals.ts'
import { sourceOfText } from './source-of-text.ts'
import { StandardOutput } from './standard-output.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What one run of the command line has: its options, its output, its task and what cancels it. */
export class Session implements Disposable {
  readonly options: GlobalOptions
  readonly output = new StandardOutput()
  readonly task: CliTask
  readonly workspace: Workspace
  /** The signal that cancelled it. */
  signalName: string | undefined

  constructor(options: GlobalOptions) {
    this.options = options
    const cancel = new AbortController()
    for (const name of SIGNALS)
      // Once: the second time the system's default ends the process at once.
      process.once(name, () => {
        this.signalName = name
        cancel.abort()
      })
    this.task = new CliTask({
      signal: AbortSignal.any([cancel.signal, this.output.signal]),
      isQuiet: options.quiet ?? false,
      isVerbose: options.verbose ?? false,
    })
    this.workspace = openWorkspace({
      cacheDir: absolute(options.cacheDir),
      tempDir: absolute(options.tempDir),
      signIns: signInsOf(options),
      parallel: options.parallel,
    })
  }

  async source(text: string): Promise<SourceSpec> {
    return this.withOptions(await sourceOfText(text, process.cwd()))
  }

  /** With the global options, unless the source says otherwise itself. */
  withOptions(source: SourceSpec): SourceSpec {
    const platform = platformOf(this.options)
    const chosen =
      source.kind === 'dir' || !platform
        ? source
        : { ...source, platform: { ...platform, ...source.platform } }
    const { insecure } = this.options
    return chosen.kind === 'registry' && insecure ? { ...chosen, insecure: chosen.insecure ?? true } : chosen
  }

  /** With the global compression, unless the URI says another. */
  destination(text: string): DestinationSpec {
    const spec = parseDestination(text, process.cwd())
    const { compression } = this.options
    const isUnset = spec.kind === 'tar' && spec.compression === 'none' && !/[?&]compression=/.test(text)
    return isUnset && compression !== undefined ? { ...spec, compression } : spec
  }

  async input(source: SourceSpec): Promise<ImageInput> {
    const { openInput } = await import('../engine/build.ts')
    return openInput(source, this.workspace, this.task)
  }

  [Symbol.dispose](): void {
    this.task[Symbol.dispose]()
  }
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined || isAbsolute(path) ? path : resolve(path)
}
