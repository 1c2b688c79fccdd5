const POWERS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 }
const LARGEST_ID = 0xffff_ffff

/** Bytes of what a person types: `4096`, `10k`, `1.5 MB` in thousands, `4 KiB` in 1024s; undefined where it is no size. */
export function bytesOfText(text: string): number | undefined {
  const match = /^(\d+(?:[.,]\d+)?|[.,]\d+)\s*([kmgt]?)(i?)b?$/i.exec(text.trim())
  if (!match) return undefined
  const [, number = '', unit = '', binary = ''] = match
  if (binary !== '' && unit === '') return undefined
  const factor = (binary === '' ? 1000 : 1024) ** (POWERS[unit.toLowerCase()] ?? 0)
  const bytes = Math.round(Number(number.replace(',', '.')) * factor)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The numbers of an owner: `0`, `1000:1000`, `:50`; undefined where it is none. */
export function ownerOfText(text: string): { readonly uid?: number; readonly gid?: number } | undefined {
  const match = /^(\d*)(?::(\d*))?$/.exec(text.replaceAll(/\s/g, ''))
  if (!match) return undefined
  const [, uid = '', gid = ''] = match
  if (uid === '' && gid === '') return undefined
  if (Number(uid) > LARGEST_ID || Number(gid) > LARGEST_ID) return undefined
  return { ...(uid === '' ? {} : { uid: Number(uid) }), ...(gid === '' ? {} : { gid: Number(gid) }) }
}

/** The 64 digits of a SHA-256, with or without its name before them; undefined where it is none. */
export function sha256OfText(text: string): string | undefined {
  const hash = text
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, '')
  return /^[0-9a-f]{64}$/.test(hash) ? hash : undefined
}
