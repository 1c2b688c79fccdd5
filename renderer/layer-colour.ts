/** A colour of one scheme in OKLCH: lightness 0–1, chroma, hue in degrees. */
export interface Tone {
  readonly lightness: number
  readonly chroma: number
  readonly hue: number
}

/** The golden angle: each hue falls into the largest gap the hues before it left, so neighbours are never alike. */
const STEP = 137.508
const FIRST_HUE = 235

/** Three lightnesses in turn tell hues apart that come near each other after many layers; each keeps 3:1 on its surface (WCAG 1.4.11). */
const LIGHT = [0.56, 0.63, 0.48]
const DARK = [0.74, 0.66, 0.82]

/** The two tones of a layer, by its index from the base. */
export function layerTones(index: number): { readonly light: Tone; readonly dark: Tone } {
  const hue = Math.round((FIRST_HUE + index * STEP) % 360)
  const ring = index % 3
  return {
    light: { lightness: LIGHT[ring] ?? 0.56, chroma: 0.13, hue },
    dark: { lightness: DARK[ring] ?? 0.74, chroma: 0.11, hue },
  }
}

/** The CSS colour of a layer, the same wherever the layer is shown; follows the theme by itself. */
export function layerColour(index: number): string {
  const { light, dark } = layerTones(index)
  return `light-dark(${cssOf(light)}, ${cssOf(dark)})`
}

function cssOf({ lightness, chroma, hue }: Tone): string {
  return `oklch(${lightness} ${chroma} ${hue})`
}
