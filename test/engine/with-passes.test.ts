import { expect, it } from 'vitest'
import { withPasses } from '../../main/engine/with-passes.ts'
import { testTask } from '../support/task.ts'

const LAYER = `sha256:${'ab'.repeat(32)}`

it('a step that starts over is another one, announced from the start', () => {
  const task = testTask()
  const passes = withPasses(task, 2)
  for (const done of [0, 50, 100, 10, 100]) passes.progress(LAYER, done, 100)
  expect(task.steps.map(({ step, done, total }) => [step, done, total])).toEqual([
    [LAYER, 0, 100],
    ['abababababab, pass 2', 0, 100],
    [LAYER, 50, 100],
    [LAYER, 100, 100],
    ['abababababab, pass 2', 10, 100],
    ['abababababab, pass 2', 100, 100],
  ])
})

it('work of one pass is reported as it is', () => {
  const task = testTask()
  const passes = withPasses(task, 1)
  passes.progress('Inflate', 5)
  passes.progress('Inflate', 9)
  expect(task.steps).toEqual([
    { step: 'Inflate', done: 5 },
    { step: 'Inflate', done: 9 },
  ])
})

it('what is fetched or unpacked once has no pass to wait for, however often layers are read', () => {
  const task = testTask()
  const passes = withPasses(task, 2)
  // A server that begins anew takes back what was done.
  for (const done of [0, 60, 20, 100]) passes.progress('Downloading', done, 100)
  expect(task.steps.map(({ step, done }) => [step, done])).toEqual([
    ['Downloading', 0],
    ['Downloading', 60],
    ['Downloading', 20],
    ['Downloading', 100],
  ])
})
