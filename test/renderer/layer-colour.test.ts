import { expect, test } from 'vitest'
import { layerColour, layerTones, type Tone } from '../../renderer/layer-colour.ts'

/** As many as any engine accepts. */
const COUNT = 128
const indexes = Array.from({ length: COUNT }, (_, index) => index)

/** Relative luminance of an OKLCH colour (CSS Color 4, OKLab to linear sRGB), clipped as a screen clips it. */
function luminanceOf({ lightness, chroma, hue }: Tone): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const clip = (value: number): number => Math.min(1, Math.max(0, value))
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Luminance of #rrggbb. */
function luminanceOfHex(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

test('every layer stands out from its surface by 3:1, in both themes', () => {
  const white = luminanceOfHex('#ffffff')
  const dark = luminanceOfHex('#1b2025')
  for (const index of indexes) {
    const tones = layerTones(index)
    expect(contrast(luminanceOf(tones.light), white), `layer ${index}, light`).toBeGreaterThanOrEqual(3)
    expect(contrast(luminanceOf(tones.dark), dark), `layer ${index}, dark`).toBeGreaterThanOrEqual(3)
  }
})

test('neighbours are never alike: their hues are at least 90 degrees apart', () => {
  for (const index of indexes.slice(1)) {
    const apart = Math.abs(layerTones(index).light.hue - layerTones(index - 1).light.hue)
    expect(Math.min(apart, 360 - apart), `layers ${index - 1} and ${index}`).toBeGreaterThan(90)
  }
})

test('no two of the layers an image may have look the same', () => {
  expect(new Set(indexes.map(layerColour)).size).toBe(COUNT)
})

test('among twelve layers any two differ by 20 degrees of hue or by lightness', () => {
  const tones = indexes.slice(0, 12).map((index) => layerTones(index).light)
  for (const [at, tone] of tones.entries()) {
    for (const other of tones.slice(at + 1)) {
      const apart = Math.abs(tone.hue - other.hue)
      const isApart = Math.min(apart, 360 - apart) >= 20 || tone.lightness !== other.lightness
      expect(isApart, `${tone.hue} and ${other.hue}`).toBe(true)
    }
  }
})
