import { join } from 'node:path'
import { JsonFile } from '../../main/store/json-file.ts'
import { settingsSchema } from '../../shared/settings.ts'

/** One of several instances that each add keys of their own to one document, one after the other. */
const [folder = '', worker = '0'] = process.argv.slice(2)
const schema = settingsSchema.loose()
const file = new JsonFile(
  join(folder, 'settings.json'),
  async () => schema,
  () => schema.parse({}),
)
for (let round = 0; round < 20; round++)
  await file.update((settings) => ({
    ...settings,
    view: { ...settings.view, [`${worker}-${round}`]: round },
  }))
