import { join } from 'node:path'
import type { Settings } from '../../shared/settings.ts'
import { JsonFile } from './json-file.ts'

/** What the user chose, in `settings.json`. Safe for several instances: each changes only the keys it names. */
export class SettingsStore {
  /** Keys of a newer version are kept as they are. */
  readonly #file

  constructor(folder: string) {
    this.#file = new JsonFile(
      join(folder, 'settings.json'),
      async () => (await settingsSchema()).loose(),
      (schema) => schema.parse({}),
    )
  }

  async get(): Promise<Settings> {
    return (await settingsSchema()).parse(await this.#file.read())
  }

  /** Changes the keys given, and answers all. */
  async set(changes: Partial<Settings>): Promise<Settings> {
    return (await settingsSchema()).parse(
      await this.#file.update((settings) => ({ ...settings, ...changes })),
    )
  }
}

async function settingsSchema() {
  return (await import('../../shared/settings.ts')).settingsSchema
}
