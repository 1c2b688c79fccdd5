import { describe, expect, it } from 'vitest'
import type { Digest } from '../../shared/digest.ts'
import type { ImageElement, ImageInput, ImageOutput } from '../../main/image/element.ts'
import { pipe } from '../../main/image/pipe.ts'
import { testTask } from '../support/task.ts'

const digestOf = (index: number): Digest => `sha256:${String(index).repeat(64)}`

function inputOf(count: number, keepsLayers: boolean, log: string[]): ImageInput {
  return {
    keepsLayers,
    inspect: () => Promise.reject(new Error('nobody asks')),
    async *fetch() {
      for (let i = 0; i < count; i++) {
        log.push(`given ${i}`)
        yield ['layer', digestOf(i), null] satisfies ImageElement
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Takes layers when it is told to. */
class SlowOutput implements ImageOutput {
  readonly layersAtOnce: number
  readonly log: string[]
  readonly taking: PromiseWithResolvers<void>[] = []
  constructor(layersAtOnce: number, log: string[]) {
    this.layersAtOnce = layersAtOnce
    this.log = log
  }
  fetchCallback(): 'once' {
    return 'once'
  }
  async processImageElement(): Promise<void> {
    const taken = Promise.withResolvers<void>()
    this.taking.push(taken)
    await taken.promise
  }
  async finalize(): Promise<void> {
    this.log.push('final')
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an image on its way', () => {
  it('is taken one layer at a time by an output that says nothing else', async () => {
    const log: string[] = []
    const output = new SlowOutput(1, log)
    const moved = pipe(inputOf(2, true, log), output, testTask())
    await settled()
    expect(log).toEqual(['given 0'])
    output.taking[0]!.resolve()
    await settled()
    expect(log).toEqual(['given 0', 'given 1'])
    output.taking[1]!.resolve()
    await moved
    expect(log.at(-1)).toBe('final')
  })

  it('is taken several layers at once only where they stay readable', async () => {
    for (const keepsLayers of [true, false]) {
      const log: string[] = []
      const output = new SlowOutput(2, log)
      const moved = pipe(inputOf(3, keepsLayers, log), output, testTask())
      await settled()
      expect(output.taking.length).toBe(keepsLayers ? 2 : 1)
      for (let i = 0; i < 3; i++) {
        output.taking[i]!.resolve()
        await settled()
      }
      await moved
    }
  })

  it('is not final, and leaves no layer at work, where one fails', async () => {
    const log: string[] = []
    const output = new SlowOutput(2, log)
    let isOver = false
    const moved = pipe(inputOf(3, true, log), output, testTask()).finally(() => (isOver = true))
    moved.catch(() => {})
    await settled()
    output.taking[0]!.reject(new Error('full'))
    await settled()
    expect(isOver).toBe(false)
    output.taking[1]!.resolve()
    await expect(moved).rejects.toThrow('full')
    expect(log).not.toContain('final')
  })
})
