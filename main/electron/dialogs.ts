import { dirname, join } from 'node:path'
import type { BrowserWindow, Dialog, FileFilter } from 'electron'
import type { Dialogs, SettingsStore } from '../rpc/host-services.ts'

const IMAGE_FILTERS: FileFilter[] = [
  { name: 'Container images', extensions: ['tar', 'tgz', 'gz', 'tzst', 'zst', 'txz', 'xz', 'tbz2', 'bz2'] },
  { name: 'All files', extensions: ['*'] },
]

/** The system's dialogs over our window; each purpose remembers its last folder. */
export class NativeDialogs implements Dialogs {
  readonly #dialog: Dialog
  readonly #window: () => BrowserWindow | undefined
  readonly #settings: SettingsStore

  constructor(dialog: Dialog, window: () => BrowserWindow | undefined, settings: SettingsStore) {
    this.#dialog = dialog
    this.#window = window
    this.#settings = settings
  }

  async open({ folders, purpose }: { folders: boolean; purpose: string }): Promise<string[] | null> {
    const folder = await this.#folderOf(purpose)
    const { canceled, filePaths } = await this.#showOpen({
      properties: folders ? ['openDirectory'] : ['openFile', 'multiSelections'],
      ...(folders ? {} : { filters: IMAGE_FILTERS }),
      ...(folder === undefined ? {} : { defaultPath: folder }),
    })
    const [first] = filePaths
    if (canceled || first === undefined) return null
    await this.#remember(purpose, dirname(first))
    return filePaths
  }

  async save({ suggestedName, purpose }: { suggestedName: string; purpose: string }): Promise<string | null> {
    const folder = await this.#folderOf(purpose)
    const options = { defaultPath: folder === undefined ? suggestedName : join(folder, suggestedName) }
    const window = this.#window()
    const { canceled, filePath } = await (window
      ? this.#dialog.showSaveDialog(window, options)
      : this.#dialog.showSaveDialog(options))
    if (canceled || filePath === '') return null
    await this.#remember(purpose, dirname(filePath))
    return filePath
  }

  async folder({ purpose }: { purpose: string }): Promise<string | null> {
    const folder = await this.#folderOf(purpose)
    const { canceled, filePaths } = await this.#showOpen({
      properties: ['openDirectory', 'createDirectory'],
      ...(folder === undefined ? {} : { defaultPath: folder }),
    })
    const [chosen] = filePaths
    if (canceled || chosen === undefined) return null
    await this.#remember(purpose, chosen)
    return chosen
  }

  #showOpen(options: Electron.OpenDialogOptions): Promise<Electron.OpenDialogReturnValue> {
    const window = this.#window()
    return window ? this.#dialog.showOpenDialog(window, options) : this.#dialog.showOpenDialog(options)
  }

  async #folderOf(purpose: string): Promise<string | undefined> {
    return (await this.#settings.get()).folders[purpose]
  }

  async #remember(purpose: string, folder: string): Promise<void> {
    const { folders } = await this.#settings.get()
    await this.#settings.set({ folders: { ...folders, [purpose]: folder } })
  }
}
