import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isEnded, jobStateSchema, type JobState } from '../../shared/job.ts'
import { ownerMark, ownerState } from '../image/process-owner.ts'

/** Outcomes kept; older ones are forgotten. */
export const MAX_KEPT = 100

const recordSchema = z.object({ owner: z.string(), state: jobStateSchema })

/**
 * The outcomes of jobs, a file each, so that two instances never write the same one. A job is noted when it is submitted and again when
 * it ends: one that has not ended though its owner is dead was running when the program died.
 */
export class JobHistory {
  readonly #folder: string
  readonly #owner = ownerMark()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Ended jobs, oldest first; those of another instance that still runs are its own business. */
  load(): JobState[] {
    const states = this.#names().flatMap((name) => this.#read(name) ?? [])
    states.sort((a, b) => a.submitted - b.submitted)
    for (const state of states.splice(0, Math.max(0, states.length - MAX_KEPT))) this.forget(state.id)
    return states
  }

  save(state: JobState): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const path = this.#path(state.id)
    // Named by its owner too, so that what a crash leaves is nobody's record.
    const temporary = `${path}.${process.pid}.tmp`
    writeFileSync(temporary, JSON.stringify({ owner: this.#owner, state }), { mode: 0o600 })
    renameSync(temporary, path)
  }

  forget(id: string): void {
    rmSync(this.#path(id), { force: true })
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`)
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith('.json'))
    } catch {
      // Not there yet, or not readable: the history is a convenience.
      return []
    }
  }

  #read(name: string): JobState | undefined {
    const path = join(this.#folder, name)
    try {
      const { owner, state } = recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
      if (`${state.id}.json` !== name) throw new Error('a record under another name')
      if (isEnded(state.phase)) return state
      return ownerState(owner) === 'dead' ? this.#lost(state) : undefined
    } catch {
      rmSync(path, { force: true })
      return undefined
    }
  }

  #lost(state: JobState): JobState {
    const lost: JobState = {
      ...state,
      phase: 'failed',
      ended: state.started ?? state.submitted,
      error: {
        code: 'internal',
        message: 'Occystrap was closed while this job was running.',
        remedy: 'Nothing of it was kept; start it again.',
      },
    }
    this.save(lost)
    return lost
  }
}
