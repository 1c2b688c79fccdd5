import { join } from 'node:path'
import { settingsSchema, type Settings } from '../../shared/settings.ts'
import { JsonFile } from './json-file.ts'

/** Keys of a newer version are kept as they are. */
const storedSchema = settingsSchema.loose()

/** What the user chose, in `settings.json`. Safe for several instances: each changes only the keys it names. */
export class SettingsStore {
  readonly #file: JsonFile<typeof storedSchema>

  constructor(folder: string) {
    this.#file = new JsonFile(join(folder, 'settings.json'), storedSchema, () => storedSchema.parse({}))
  }

  async get(): Promise<Settings> {
    return settingsSchema.parse(await this.#file.read())
  }

  /** Changes the keys given, and answers all. */
  async set(changes: Partial<Settings>): Promise<Settings> {
    return settingsSchema.parse(await this.#file.update((settings) => ({ ...settings, ...changes })))
  }
}
