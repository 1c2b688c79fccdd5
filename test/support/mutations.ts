import { packMember, packTar, type FileSpec } from './tar-builder.ts'

/** Numbers from 0 (inclusive) to 1 that are the same for the same seed (mulberry32). */
export type Random = () => number

export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)] as T
}

/** Somewhere in the bytes: bits turned, a piece cut off, left out, doubled, overwritten or filled. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const at = below(random, bytes.length)
  const length = Math.min(1 + below(random, pick(random, [4, 64, 1024])), bytes.length - at)
  switch (below(random, 6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    case 3: {
      const copy = Buffer.from(bytes)
      bytes.copy(copy, below(random, bytes.length), at, at + length)
      return copy
    }
    case 4:
      return Buffer.from(bytes).fill(pick(random, [0, 0xff, 0x30]), at, at + length)
    default: {
      const copy = Buffer.from(bytes)
      for (let i = 1 + below(random, 8); i > 0; i--) {
        const where = below(random, copy.length)
        copy[where] = (copy[where] ?? 0) ^ (1 << below(random, 8))
      }
      return copy
    }
  }
}

/** Fields of a ustar header: where they start and how long they are. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  size: [124, 12],
  mtime: [136, 12],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  device: [329, 8],
  prefix: [345, 155],
} as const

/** Numbers in octal and not, names, type flags; at the end base-256: far too large, and negative. */
const NASTY_FIELDS = (
  '77777777777 -1 00000000000 99999999999 17 ../../../x / . .. manifest.json repositories 1 2 5 x g L K S V \xff ' +
  `${'x'.repeat(200)} \x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff ${'\xff'.repeat(12)}`
)
  .split(' ')
  .map((text) => Buffer.from(text, 'latin1'))

/** A field of one of the headers replaced, with a checksum that is right again. */
export function mutateHeader(tar: Buffer, random: Random): Buffer {
  const headers = headersOf(tar)
  if (headers.length === 0) return mutateBytes(tar, random)
  const copy = Buffer.from(tar)
  const at = pick(random, headers)
  const [offset, length] = pick(random, Object.values(FIELDS))
  const value = pick(random, NASTY_FIELDS).subarray(0, length)
  copy.fill(0, at + offset, at + offset + length)
  value.copy(copy, at + offset)
  copy.fill(0x20, at + 148, at + 156)
  let sum = 0
  for (let i = at; i < at + 512; i++) sum += copy[i] ?? 0
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
  return copy
}

function headersOf(tar: Buffer): number[] {
  const headers: number[] = []
  for (let at = 0; at + 512 <= tar.length; at += 512)
    if (tar.toString('latin1', at + 257, at + 262) === 'ustar') headers.push(at)
  return headers
}

const NASTY_PAX: Readonly<Record<string, readonly string[]>> = {
  size: ['0', '-1', '99999999999999999999', '9007199254740993', '1e9', '', '5\n6 x=y'],
  path: ['../x', '/x', '', '.', 'manifest.json', 'a\0b', 'x'.repeat(5000)],
  linkpath: ['../../x', '/etc/passwd', ''],
  mtime: ['-1', 'NaN', '1e400', '9'.repeat(400), '.'],
  uid: ['-1', '4294967296', 'root'],
  'GNU.sparse.major': ['1', '99'],
  'GNU.sparse.map': ['0,1,2', '0,99999999999', 'x'],
  'GNU.sparse.realsize': ['-1', '99999999999999'],
  'SCHILY.xattr.user.x': ['', 'x'.repeat(70_000)],
  '': ['', 'x'],
}

/** A member with a PAX record of no good. */
export function mutatePax(members: readonly FileSpec[], random: Random): Buffer {
  const at = below(random, members.length)
  const key = pick(random, Object.keys(NASTY_PAX))
  const pax = { [key]: pick(random, NASTY_PAX[key] ?? ['']) }
  const changed = members.map((member, i) => (i === at ? { ...member, pax } : member))
  return below(random, 4) === 0
    ? mutateBytes(Buffer.concat(changed.map(packMember)), random)
    : packTar(changed)
}

const NASTY_JSON: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  [],
  {},
  ['x'],
  { x: 1 },
  [[[[[[[[[]]]]]]]]],
  '\u0000',
  '../../x',
  '/etc/passwd',
  '\u202e',
  'sha256:',
  `sha256:${'0'.repeat(64)}`,
  'a'.repeat(10_000),
]

/** One value somewhere in a document replaced, taken out, or put in twice; or the text itself broken. */
export function mutateJson(text: string, random: Random): string {
  switch (below(random, 8)) {
    case 0:
      return `${'['.repeat(1 + below(random, 100_000))}${text}`
    case 1:
      return text.replace('{', '{"__proto__": {"Config": "x", "manifests": []}, ')
    case 2:
      return text.replace(/"[^"]*":/, (key) => `${key} ${JSON.stringify(pick(random, NASTY_JSON))}, ${key}`)
    case 3:
      return mutateBytes(Buffer.from(text), random).toString('latin1')
    case 4:
      return text.replace(/\d+/, pick(random, ['1e999', '-0', '99999999999999999999999', '0.1']))
    default:
      return JSON.stringify(mutateValue(JSON.parse(text), random))
  }
}

function mutateValue(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || below(random, 6) === 0) return pick(random, NASTY_JSON)
  const keys = Object.keys(value)
  if (keys.length === 0) return pick(random, NASTY_JSON)
  const key = pick(random, keys)
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as unknown as Record<string, unknown>)
    : { ...value }
  if (below(random, 5) === 0) delete copy[key]
  else copy[key] = mutateValue(copy[key], random)
  return copy
}
