import { constants, setPriority } from 'node:os'
import { openWorkspace } from '../store/workspace.ts'
import type { Task } from '../image/element.ts'
import { reportOf } from '../../shared/errors.ts'
import type { JobSpec } from '../../shared/job.ts'
import { toJobSchema, type FromJob, type WorkspaceOptions } from './job-protocol.ts'
import { parentChannel } from './parent-channel.ts'
import { PauseGate } from './pause-gate.ts'
import { ProgressReport, sumOf } from './progress-report.ts'
import { runJob } from './run-job.ts'

/** States are whole, so those in between may be left out: twenty a second are a smooth bar. */
const PUSH_INTERVAL = 50

const channel = parentChannel()
const cancel = new AbortController()
const gate = new PauseGate(cancel.signal)
let isStarted = false

channel.onMessage((message) => {
  const order = toJobSchema.parse(message)
  if (order.type === 'cancel') cancel.abort()
  else if (order.type === 'pause') gate.close()
  else if (order.type === 'resume') gate.open()
  else if (!isStarted) {
    isStarted = true
    if (order.spec.kind === 'index-engine') giveWay()
    void perform(order.spec, order.workspace)
  }
})
channel.onDisconnect(() => {
  cancel.abort()
  // Whoever would be told is gone; a job that has not begun has nothing to clean.
  if (!isStarted) process.exit(0)
})

async function perform(spec: JobSpec, options: WorkspaceOptions): Promise<void> {
  const report = new ProgressReport()
  let hasNewWarnings = false
  let timer: NodeJS.Timeout | undefined
  const push = (): void => {
    clearTimeout(timer)
    timer = undefined
    const { steps, warnings } = report
    send({
      type: 'progress',
      steps: [...steps],
      ...sumOf(steps),
      ...(hasNewWarnings ? { warnings: [...warnings] } : {}),
    })
    hasNewWarnings = false
  }
  const task: Task = {
    signal: cancel.signal,
    progress: (step, done, total) => {
      report.step(step, done, total)
      timer ??= setTimeout(push, PUSH_INTERVAL)
    },
    warn: (warning) => {
      hasNewWarnings = report.warn(warning) || hasNewWarnings
      timer ??= setTimeout(push, PUSH_INTERVAL)
    },
    pauseHere: () => gate.pass(),
  }
  try {
    const outcome = await runJob(spec, openWorkspace(options), task)
    push()
    send({ type: 'done', outcome })
  } catch (error) {
    push()
    send({ type: 'failed', error: reportOf(error) })
  }
  // The engine ends this process when it has read the last word; where that is lost, the process ends by itself.
  setTimeout(() => process.exit(0), 1000).unref()
}

/** Reading whole engines takes long, and nobody waits for it: whatever else runs goes first. Threads have their starter's priority. */
function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // Where it is not allowed, all are alike.
  }
}

function send(message: FromJob): void {
  channel.send(message)
}
