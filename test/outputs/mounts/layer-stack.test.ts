import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LayerPart } from '../../../main/outputs/mounts/layer-part.ts'
import { layerNames } from '../../../main/outputs/mounts/layer-names.ts'
import { optionsOf, overlaysOf, stackOf } from '../../../main/outputs/mounts/layer-stack.ts'
import type { Digest } from '../../../shared/digest.ts'

const digestOf = (text: string): Digest => `sha256:${createHash('sha256').update(text).digest('hex')}`
const hexOf = (digest: Digest): string => digest.slice(7)
const partsOf = (...independent: boolean[]) =>
  independent.map((isIndependent) => ({ isIndependent }) as LayerPart)

describe('names of layers', () => {
  const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')] as const

  it('are diffIDs where nothing depends on what lies below', () => {
    expect(layerNames([a, b], partsOf(true, true))).toEqual([hexOf(a), hexOf(b)])
  })

  it('are chainIDs elsewhere', () => {
    const ab = digestOf(`${a} ${b}`)
    expect(layerNames([a, b, c], partsOf(true, false, false)).slice(1)).toEqual([
      hexOf(ab),
      hexOf(digestOf(`${ab} ${c}`)),
    ])
  })

  it('tell a base that suits no other place from the same layer elsewhere', () => {
    expect(layerNames([a], partsOf(false))).not.toEqual([hexOf(a)])
  })
})

describe('a stack of layers', () => {
  const nothing = (): boolean => false

  it('has the uppermost first, and of a layer that comes again only that', () => {
    expect(stackOf(['a', 'b', 'a', 'c'], nothing)).toEqual(['c', 'a', 'b'])
  })

  it('ends with a layer that hides all below it: overlay has no such mark for a root', () => {
    expect(stackOf(['a', 'b', 'c'], (index) => index === 1)).toEqual(['c', 'b'])
  })

  it.each([1, 128, 500, 501, 998])('of %i layers fits into the page that mount takes', (count) => {
    const overlays = overlaysOf(count)
    for (const overlay of overlays) {
      expect(optionsOf(overlay, 'user').length).toBeLessThan(4096)
      expect(overlay.lower.length).toBeLessThanOrEqual(500)
    }
    const lower = overlays.toReversed().flatMap((overlay) => overlay.lower.filter((path) => path !== 'base'))
    expect(lower).toEqual(Array.from({ length: count }, (_, index) => `l/${index}`))
    expect(overlays.at(-1)).toMatchObject({ target: 'merged', isWritable: true })
  })
})
