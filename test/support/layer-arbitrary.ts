import * as fc from 'fast-check'
import type { TarEntry } from '../../main/image/element.ts'
import { directory, entry, hardLink, symlink } from './entries.ts'

const NAMES = ['a', 'b', 'c']
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'))
const target = fc
  .array(fc.constantFrom(...NAMES, '..', '.'), { minLength: 1, maxLength: 3 })
  .chain((names) => fc.constantFrom(names.join('/'), `/${names.join('/')}`))

const anEntry: fc.Arbitrary<TarEntry> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(path, fc.nat(9)).map(([at, size]) => entry(at, { size, storedSize: size })),
  },
  { weight: 3, arbitrary: fc.tuple(path, fc.nat(7)).map(([at, uid]) => directory(at, { uid })) },
  { weight: 2, arbitrary: fc.tuple(path, target).map(([at, to]) => symlink(at, to)) },
  { weight: 2, arbitrary: fc.tuple(path, path).map(([at, to]) => hardLink(at, to)) },
  { weight: 2, arbitrary: path.map((at) => entry(at.replace(/[^/]*$/, '.wh.$&'))) },
  { weight: 1, arbitrary: path.map((at) => entry(`${at}/.wh..wh..opq`)) },
)

/** Stacks of small layers over so few names that everything meets everything. */
export const layerStack: fc.Arbitrary<TarEntry[][]> = fc.array(fc.array(anEntry, { maxLength: 8 }), {
  maxLength: 4,
})
