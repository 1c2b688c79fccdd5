import { join } from 'node:path'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { NthChangeFails } from './faults.ts'
import { testTask } from './task.ts'

/**
 * One run of the program that dies by SIGKILL right before its N-th change to the disk: opens `source.tar.gz` of the folder (layer
 * cache), converts it (output, layer index) and keeps a setting and a recent image. Prints the number of changes where it lived.
 */
const [folder = '', output = '', n = '0'] = process.argv.slice(2)
const workspace = openWorkspace({ cacheDir: join(folder, 'cache'), configDir: join(folder, 'config') })
const source = { kind: 'tar', path: join(folder, 'source.tar.gz') } as const
using changes = await NthChangeFails.make(Number(n), {
  strike: () => void process.kill(process.pid, 'SIGKILL'),
})
const spec = JSON.parse(output) as DestinationSpec
const outcome = await runJob(
  { kind: 'convert', input: source, filters: [], output: spec },
  workspace,
  testTask(),
)
await workspace.settings.set({ theme: 'dark' })
const { imageID } = outcome
if (imageID) await workspace.recent.remember({ source, title: 'source', imageID, size: null })
console.log(changes.count)
