const FACTORS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 }

/**
 * Bytes of a size as people type it: `1234`, `10k`, `1.5 MB` (thousands, as sizes are shown), `2MiB` (powers of 1024). Undefined where it
 * is none.
 */
export function bytesOfText(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?$/i.exec(text.trim())
  if (!match) return undefined
  const [, number, unit = '', binary] = match
  if (binary && unit === '') return undefined
  return Math.round(Number(number) * (binary ? 1024 : 1000) ** (FACTORS[unit.toLowerCase()] ?? 0))
}
