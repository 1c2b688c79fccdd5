import { resolve } from 'node:path'
import { reportOf } from '../shared/errors.ts'
import { runElectron } from './electron/run-electron.ts'
import { serve } from './serve.ts'

/** `npm start`: the window in Electron; in the browser where Electron cannot be had or cannot open one. */
const paths = process.argv.slice(2).map((path) => resolve(path))
const obstacle = await runElectron(paths)
if (obstacle !== undefined) {
  process.stdout.write(`${obstacle}; showing the window in a browser instead.\n`)
  try {
    const { closed } = await serve({ open: true, paths })
    await closed
  } catch (error) {
    const { message, remedy } = reportOf(error)
    process.stderr.write(`${message}${remedy === undefined ? '' : ` ${remedy}`}\n`)
    process.exitCode = 1
  }
}
