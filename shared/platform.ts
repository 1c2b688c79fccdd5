import { ImageError } from './errors.ts'
import type { Platform } from './image.ts'
import { visible } from './path-bytes.ts'

/** Other names of architectures (containerd's platforms/database.go), and the variant some of them imply. */
const ALIASES: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> = new Map([
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['x64', { architecture: 'amd64' }],
  ['i386', { architecture: '386' }],
  ['i686', { architecture: '386' }],
  ['ia32', { architecture: '386' }],
  ['aarch64', { architecture: 'arm64' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
])

/** What runs where a variant is asked for, best first; an unnamed variant is the one containerd takes for granted. */
const UNNAMED_VARIANT: ReadonlyMap<string, string> = new Map([
  ['arm', 'v7'],
  ['arm64', 'v8'],
  ['amd64', 'v1'],
])

const PART = /^[A-Za-z0-9_.-]{1,64}$/

/** What somebody asks for: parts left out may be anything. */
export type PlatformWish = { readonly [P in keyof Platform]?: Platform[P] | undefined }

/** `linux/arm64/v8`; parts that are missing are left out. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`
}

/** `linux/arm64`, `arm64`, `linux/arm/v7`: the operating system is linux unless said. Fails with `usage`. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  if (parts.length > 3 || !parts.every((part) => PART.test(part)))
    throw new ImageError('usage', `“${visible(text)}” is not a platform.`, {
      remedy: 'Write it as linux/arm64 or linux/arm/v7.',
    })
  const [os = 'linux', architecture = '', variant] = parts.length === 1 ? ['linux', ...parts] : parts
  return normalPlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) })
}

/** Lower case, aliases resolved, a variant that says nothing dropped (arm64's v8, amd64's v1). */
export function normalPlatform(platform: PlatformWish): Platform {
  const os = (platform.os ?? 'linux').toLowerCase()
  const name = (platform.architecture ?? '').toLowerCase()
  const alias = ALIASES.get(name)
  const architecture = alias?.architecture ?? name
  const variant = (platform.variant || alias?.variant)?.toLowerCase()
  const isImplied = architecture !== 'arm' && variant === UNNAMED_VARIANT.get(architecture)
  return { os, architecture, ...(variant === undefined || isImplied ? {} : { variant }) }
}

/**
 * The one of `offered` to take where `wanted` runs: of the same system and architecture, with the wanted variant or the highest one
 * below it (a v7 machine runs v6). Parts of `wanted` that are undefined match anything. Undefined where none fits.
 */
export function matchPlatform(offered: readonly Platform[], wanted: PlatformWish): number | undefined {
  let best: { index: number; level: number } | undefined
  for (const [index, platform] of offered.entries()) {
    const level = fitOf(normalPlatform(platform), wanted)
    if (level !== undefined && (best === undefined || level > best.level)) best = { index, level }
  }
  return best?.index
}

/** How well a platform fits, higher is better; undefined where it does not run. */
function fitOf(offered: Platform, wanted: PlatformWish): number | undefined {
  const normal = normalPlatform({
    os: wanted.os ?? offered.os,
    architecture: wanted.architecture ?? offered.architecture,
    ...(wanted.variant === undefined ? {} : { variant: wanted.variant }),
  })
  if (offered.os !== normal.os || offered.architecture !== normal.architecture) return undefined
  if (offered.variant === normal.variant) return Number.MAX_SAFE_INTEGER
  const isAsked = (wanted.variant ?? ALIASES.get(wanted.architecture ?? '')?.variant) !== undefined
  const has = levelOf(offered)
  const limit = levelOf(normal)
  if (has <= limit) return has
  return isAsked ? undefined : -(has || Number.MAX_SAFE_INTEGER)
}

/** The number of a variant (v7 is 7); NaN for one that is not of this form. */
function levelOf(platform: { readonly architecture: string; readonly variant?: string | undefined }): number {
  const name = platform.variant ?? UNNAMED_VARIANT.get(platform.architecture) ?? 'v0'
  return /^v\d{1,3}$/.test(name) ? Number(name.slice(1)) : Number.NaN
}
