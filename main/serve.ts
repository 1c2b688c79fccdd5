import { constants } from 'node:os'
import { ImageError } from '../shared/errors.ts'
import { RENDERER_FOLDER } from './built-files.ts'
import { ForkHost } from './engine/process-host.ts'
import { PathQueue } from './rpc/path-queue.ts'
import { BrowserHost } from './serve/browser-host.ts'
import { openBrowser } from './serve/open-browser.ts'
import { FolderPicker } from './serve/picker.ts'
import { Uploads } from './serve/upload.ts'
import { createServices, type Services } from './services.ts'
import { readStaticFiles, type StaticFile } from './static-files.ts'
import { openWorkspace, type WorkspaceOptions } from './store/workspace.ts'

export interface ServeOptions extends WorkspaceOptions {
  /** Any free one unless said. */
  readonly port?: number | undefined
  /** Open the page in this machine's browser too, where it has a display. */
  readonly open?: boolean | undefined
  /** Files and folders for the window to open at once; absolute. */
  readonly paths?: readonly string[] | undefined
  /** Where the one line with the address goes; standard output unless said. */
  readonly print?: ((line: string) => void) | undefined
}

export interface Serving {
  /** Opens the page, once. */
  readonly url: string
  /** Settles when it was closed: by the page, by a signal or by `close`. */
  readonly closed: Promise<void>
  /** Cancels what runs, cleans up, and lets go of the port. */
  close(): Promise<void>
}

/**
 * Occystrap's window for a browser, on this machine's loopback addresses only. Ctrl-C ends it (with jobs running it says so first); a
 * second one does not wait. Fails with 'busy' where the port is taken and 'not-found' where the page was not built.
 */
export async function serve(options: ServeOptions = {}): Promise<Serving> {
  const { port = 0, open = false, paths = [], print = printLine, ...folders } = options
  const opened = new PathQueue()
  opened.push(paths)
  const files = pageFiles()
  const workspace = openWorkspace(folders)
  const { promise: closed, resolve: setClosed } = Promise.withResolvers<void>()
  const parts = new AsyncDisposableStack()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= parts.disposeAsync().finally(setClosed))

  let uploads: Uploads | undefined
  const services = parts.use(
    createServices({
      kind: 'browser',
      processes: new ForkHost(),
      workspace,
      canReveal: false,
      opened,
      isTemporary: (path) => uploads?.holds(path) ?? false,
      picker: new FolderPicker([workspace.cacheDir, workspace.configDir]),
      reveal: () =>
        Promise.reject(new ImageError('unsupported', 'A browser cannot show files of another program.')),
      // After the answer that says so is out.
      quit: () => void setTimeout(() => void close(), 100),
    }),
  )
  try {
    uploads = parts.use(new Uploads(services.engine, workspace.tempDir))
    const host = parts.use(await BrowserHost.listen(port, services, uploads, files))
    const url = host.newUrl()
    parts.defer(closeOnSignals(services, close))
    print(`Occystrap is at ${url}`)
    if (open) openBrowser(url)
    return { url, closed, close }
  } catch (error) {
    await close()
    throw error
  }
}

function pageFiles(): ReadonlyMap<string, StaticFile> {
  try {
    return readStaticFiles(RENDERER_FOLDER)
  } catch (error) {
    throw new ImageError('not-found', 'The window has not been built.', {
      remedy: 'Run "npm run build" first.',
      cause: error,
    })
  }
}

/** Answers what undoes it; closing does so first, so that a second Ctrl-C ends the program at once. */
function closeOnSignals(services: Services, close: () => Promise<void>): () => void {
  const end = (signal: NodeJS.Signals): void => {
    const { length } = services.engine.openJobs
    if (length > 0) process.stderr.write(`Cancelling ${length === 1 ? 'a job' : `${length} jobs`} …\n`)
    void close().then(() => process.exit(128 + constants.signals[signal]))
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, end)
  return () => {
    for (const signal of signals) process.removeListener(signal, end)
  }
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}
