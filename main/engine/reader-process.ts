import { ImageError, reportOf } from '../../shared/errors.ts'
import type { JobSpec } from '../../shared/job.ts'
import type { SignIn } from '../../shared/remote.ts'
import { openWorkspace } from '../store/workspace.ts'
import type { WorkspaceOptions } from './job-protocol.ts'
import { parentChannel } from './parent-channel.ts'
import { preflight } from './preflight.ts'
import { toReaderSchema, type FromReader, type ReaderMethod, type ToReader } from './reader-protocol.ts'
import { ReaderService } from './reader-service.ts'

type Answer = (input: never, signal: AbortSignal) => Promise<unknown>

const channel = parentChannel()
const running = new Map<number, AbortController>()
/** Filled anew when somebody signs in or out. */
const signIns: SignIn[] = []
let answers: Readonly<Record<ReaderMethod, Answer>> | undefined

channel.onMessage((message) => {
  const order = toReaderSchema.parse(message)
  if (order.type === 'open') answers = answersOf(order.workspace)
  else if (order.type === 'sign-ins') signIns.splice(0, signIns.length, ...order.signIns)
  else if (order.type === 'cancel') running.get(order.id)?.abort()
  else void answer(order)
})
// Nobody asks any more, and nothing here is worth an orderly end.
channel.onDisconnect(() => process.exit(0))

function answersOf(options: WorkspaceOptions): Readonly<Record<ReaderMethod, Answer>> {
  signIns.push(...(options.signIns ?? []))
  const workspace = openWorkspace({ ...options, signIns })
  const service = new ReaderService(workspace)
  return {
    recognise: service.recognise.bind(service),
    inspect: service.inspect.bind(service),
    rows: service.rows.bind(service),
    locate: service.locate.bind(service),
    typeAhead: service.typeAhead.bind(service),
    history: service.history.bind(service),
    read: service.read.bind(service),
    compare: service.compare.bind(service),
    search: service.search.bind(service),
    searchContents: service.searchContents.bind(service),
    searchEverywhere: service.searchEverywhere.bind(service),
    engines: service.engines.bind(service),
    engineImages: service.engineImages.bind(service),
    engineChange: service.engineChange.bind(service),
    repositories: service.repositories.bind(service),
    tags: service.tags.bind(service),
    resolve: service.resolve.bind(service),
    trySignIn: service.trySignIn.bind(service),
    preflight: (spec: JobSpec, signal: AbortSignal) =>
      preflight(spec, workspace, { signal, progress: () => {}, warn: () => {} }),
  }
}

async function answer({ id, method, input }: Extract<ToReader, { type: 'call' }>): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  running.set(id, controller)
  try {
    if (!answers) throw new ImageError('internal', 'The reader was asked before it was opened.')
    const value = await Promise.race([answers[method](input as never, signal), aborted(signal)])
    send({ type: 'answer', id, value })
  } catch (error) {
    send({ type: 'failed', id, error: reportOf(error) })
  } finally {
    running.delete(id)
  }
}

/** A cancelled call is answered at once, whatever its work still has to finish: so silence means that this process is stuck. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new ImageError('cancelled', 'Cancelled.')), { once: true }),
  )
}

function send(message: FromReader): void {
  channel.send(message)
}
