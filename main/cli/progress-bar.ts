import type { JobStep } from '../../shared/job.ts'
import { sumOf } from '../engine/progress-report.ts'
import { formatBytes, formatSeconds } from './format.ts'

const INTERVAL = 100
const WIDTH = 24
/** What is over before this needs no bar. */
const DELAY = 300

/** One line at the foot of a terminal: how much is done, how fast, how long yet. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream
  readonly #start = performance.now()
  #drawn = 0
  #isShown = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  update(steps: readonly JobStep[]): void {
    const now = performance.now()
    if (now - this.#start < DELAY || now - this.#drawn < INTERVAL) return
    this.#drawn = now
    this.#isShown = true
    const text = progressLine(steps, (now - this.#start) / 1000)
    this.#stream.write(`\r\x1b[K${text.slice(0, (this.#stream.columns || 80) - 1)}`)
  }

  clear(): void {
    if (!this.#isShown) return
    this.#isShown = false
    this.#stream.write('\r\x1b[K')
  }
}

/** Unknown totals are shown as unknown: bytes and rate, no share, no time left. */
export function progressLine(steps: readonly JobStep[], seconds: number): string {
  const { done, total } = sumOf(steps)
  const rate = seconds > 0 ? done / seconds : 0
  const speed = `${formatBytes(rate)}/s`
  if (total === null || total === 0) return `${formatBytes(done)}  ${speed}`
  const share = Math.min(1, done / total)
  const filled = Math.round(share * WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
  const left = rate > 0 ? `  ${formatSeconds((total - done) / rate)} left` : ''
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  return `${bar} ${percent}  ${formatBytes(done)} of ${formatBytes(total)}  ${speed}${left}`
}
