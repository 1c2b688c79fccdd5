import { readdir, readFile, writeFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { fatesOfTree } from '../../main/image/fates-of-tree.ts'
import { flatten } from '../../main/image/flatten.ts'
import type { ImageFates } from '../../main/image/row-fates.ts'
import { FileFateStore } from '../../main/store/fates.ts'
import type { Digest } from '../../shared/digest.ts'
import { entry, hardLink, tableOf } from '../support/entries.ts'
import { layerStack } from '../support/layer-arbitrary.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const ONE: Digest = `sha256:${'1'.repeat(64)}`
const TWO: Digest = `sha256:${'2'.repeat(64)}`

const FATES = fatesOfTree(
  flatten([
    tableOf([entry('a', { size: 5 }), hardLink('b', 'a'), hardLink('c', 'nowhere')]),
    tableOf([entry('.wh.a'), entry('b/x')]),
  ]),
)

/** All that they say. */
function told({ layers, problems }: ImageFates): object {
  return {
    problems,
    layers: layers.map((fates) => ({
      layer: fates?.layer,
      ...fates?.columns,
      sizes: [...(fates?.columns.sizes ?? [])],
    })),
  }
}

it('gives back what it was given', async () => {
  await using folder = await TemporaryFolder.make()
  const store = new FileFateStore(folder.at('fates'))
  expect(await store.get(ONE)).toBeUndefined()
  await fc.assert(
    fc.asyncProperty(layerStack, async (layers) => {
      const fates = fatesOfTree(flatten(layers.map(tableOf)))
      await store.put(ONE, fates)
      expect(told((await store.get(ONE)) as ImageFates)).toEqual(told(fates))
    }),
  )
  await store.put(ONE, FATES)
  expect(told((await store.get(ONE)) as ImageFates)).toMatchObject({
    problems: [{ layer: 0 }, { layer: 1 }],
    layers: [{ sizes: [[1, 5]] }, {}],
  })
  expect(await store.get(TWO)).toBeUndefined()
  expect(await store.clear()).toBeGreaterThan(0)
  expect(await store.get(ONE)).toBeUndefined()
})

it('believes nothing of a damaged file', async () => {
  await using folder = await TemporaryFolder.make()
  const store = new FileFateStore(folder.path)
  await store.put(ONE, FATES)
  const [name = ''] = await readdir(folder.path)
  const whole = await readFile(folder.at(name))
  for (let at = 0; at < whole.length; at++)
    for (const isCut of [true, false]) {
      const bytes = Buffer.from(isCut ? whole.subarray(0, at) : whole)
      if (!isCut) bytes[at]! ^= 1
      await writeFile(folder.at(name), bytes)
      expect(await store.get(ONE)).toBeUndefined()
      expect(await readdir(folder.path)).toEqual([])
    }
})

it('forgets the oldest beyond its limit', async () => {
  await using folder = await TemporaryFolder.make()
  await new FileFateStore(folder.path).put(ONE, FATES)
  const size = await new FileFateStore(folder.path).size()
  await new FileFateStore(folder.path, { limit: size - 1 }).put(TWO, FATES)
  expect(await readdir(folder.path)).toEqual([TWO.slice(7)])
})
