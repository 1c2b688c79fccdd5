import type { App, BrowserWindow, Dialog } from 'electron'
import type { JobState } from '../../shared/job.ts'

interface Closing extends AsyncDisposable {
  readonly engine: { readonly openJobs: readonly JobState[] }
}

/** Asks before jobs are lost, then ends everything in order before the program goes. */
export class QuitGuard {
  #state: 'open' | 'asking' | 'closing' | 'closed' = 'open'
  readonly #app: App
  readonly #dialog: Dialog
  readonly #services: Closing
  readonly #window: () => BrowserWindow | undefined

  constructor(app: App, dialog: Dialog, services: Closing, window: () => BrowserWindow | undefined) {
    this.#app = app
    this.#dialog = dialog
    this.#services = services
    this.#window = window
    app.on('before-quit', (event) => {
      if (this.#state === 'closed') return
      event.preventDefault()
      if (this.#state === 'open') void this.#quit()
    })
  }

  /** The window asks to be closed where that ends the program: the question comes while there still is a window to put it over. */
  holdsWindow(event: { preventDefault(): void }): void {
    if (this.#state === 'closed' || process.platform === 'darwin') return
    event.preventDefault()
    this.#app.quit()
  }

  async #quit(): Promise<void> {
    this.#state = 'asking'
    const { length } = this.#services.engine.openJobs
    if (length > 0 && !(await this.#mayCancel(length))) {
      this.#state = 'open'
      return
    }
    this.#state = 'closing'
    await this.#services[Symbol.asyncDispose]()
    this.#state = 'closed'
    this.#app.quit()
  }

  async #mayCancel(jobs: number): Promise<boolean> {
    const options = {
      type: 'question' as const,
      message: jobs === 1 ? 'A job is still running.' : `${jobs} jobs are still running.`,
      detail: 'Quitting cancels them; nothing half-written is kept.',
      buttons: ['Keep running', 'Cancel jobs and quit'],
      defaultId: 0,
      cancelId: 0,
    }
    const window = this.#window()
    const { response } = await (window
      ? this.#dialog.showMessageBox(window, options)
      : this.#dialog.showMessageBox(options))
    return response === 1
  }
}
