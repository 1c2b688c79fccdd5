import { readFile } from 'node:fs/promises'
import { FileLayerCache } from '../../main/store/layer-cache.ts'

/** One of several processes on one cache: reads what is there, writes what is not, and checks every byte. Prints `right` at its end. */
const [folder = '', seed = '0'] = process.argv.slice(2)
const ROUNDS = 100
const SIZE = 5000
const cache = new FileLayerCache(folder, { limit: () => SIZE * 3 })
console.log('started')
for (let round = 0; round < ROUNDS; round++) {
  const digit = (round * 7 + Number(seed) * 3) % 6
  const key = { layer: `sha256:${String(digit).repeat(64)}` } as const
  const content = Buffer.alloc(SIZE, digit)
  await using found = await cache.find(key)
  if (found) {
    if (!(await readFile(found.path)).equals(content)) throw new Error(`wrong content of ${digit}`)
    continue
  }
  await using writer = await cache.create(key)
  await writer.write(content.subarray(0, SIZE / 2))
  await writer.write(content.subarray(SIZE / 2))
  await using made = await writer.commit()
  if (!(await readFile(made.path)).equals(content)) throw new Error(`wrong content of ${digit}`)
}
console.log('right')
