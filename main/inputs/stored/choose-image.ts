import { isDigest, shortDigest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { Platform } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { formatPlatform, matchPlatform, normalPlatform, type PlatformWish } from '../../../shared/platform.ts'
import {
  familiarReference,
  formatReference,
  parseReference,
  fullReference,
} from '../../../shared/reference.ts'
import type { Task } from '../../image/element.ts'
import { hostPlatform } from '../../image/host-platform.ts'
import type { ImageChoice, StoredImages, StoredImage } from './stored-image.ts'

const REMEDIES: Readonly<Record<StoredImages['kind'], string>> = {
  tar: 'Choose one with ?image= and its name, its ID, or #1 for the first.',
  layout: 'Choose one with ?ref= and its name, its digest, or #1 for the first.',
  dir: 'Choose one with ?image= and ?tag=.',
}

/** How many images a message lists. */
const LISTED = 5

/** The image that is wanted of those there: by `image` (see SourceSpec), by platform, or because there is no other. */
export async function chooseImage(
  stored: StoredImages,
  wanted: { readonly image?: string | undefined; readonly platform?: PlatformWish | undefined },
  task: Task,
): Promise<StoredImage> {
  const named = wanted.image === undefined ? stored.choices : await byName(stored, wanted.image, task)
  const choices = byPlatform(stored, named, wanted.platform)
  const [choice] = choices
  if (choice === undefined || choices.length > 1) throw chooseOne(stored, choices)
  const image = await choice.load(task)
  if (wanted.platform && matchPlatform([image.config.platform], wanted.platform) === undefined)
    throw noSuchPlatform(stored, wanted.platform, [image.config.platform])
  return image
}

async function byName(stored: StoredImages, name: string, task: Task): Promise<readonly ImageChoice[]> {
  const position = /^#([1-9]\d{0,5})$/.exec(name)?.[1]
  if (position !== undefined) {
    const choice = stored.choices[Number(position) - 1]
    if (choice) return [choice]
    throw notThere(stored, name)
  }
  const literal = stored.choices.filter((choice) => choice.names.includes(name))
  if (literal.length > 0) return literal
  const isID = /^(?:sha256:)?[0-9a-f]{12,64}$/.test(name)
  const byID = isID ? await byDigits(stored, name.replace('sha256:', ''), task) : []
  // Twelve hex digits may be a repository's name; `sha256:…` and 64 of them may not.
  const isName = !isID || (name.length < 64 && !name.startsWith('sha256:'))
  const found = byID.length > 0 || !isName ? byID : byReference(stored, name)
  if (found.length === 0) throw notThere(stored, name)
  return found
}

async function byDigits(stored: StoredImages, digits: string, task: Task): Promise<ImageChoice[]> {
  const byManifest = stored.choices.filter((choice) => choice.digest?.startsWith(`sha256:${digits}`))
  if (byManifest.length > 0) return byManifest
  const found: ImageChoice[] = []
  for (const choice of stored.choices) {
    const { imageID } = await choice.load(task)
    if (imageID.startsWith(`sha256:${digits}`)) found.push(choice)
  }
  // One image under several entries is one image.
  return found.slice(0, 1)
}

/** `debian` finds `debian:latest`, or else the one image of that repository. */
function byReference(stored: StoredImages, name: string): ImageChoice[] {
  const reference = parseReference(name)
  const { digest } = reference
  if (digest !== undefined) return stored.choices.filter((choice) => choice.digest === digest)
  const full = fullReference(name)
  const exact = stored.choices.filter((choice) => choice.references.some((known) => known === full))
  if (exact.length > 0 || reference.tag !== undefined) return exact
  const repository = formatReference(reference)
  return stored.choices.filter((choice) =>
    choice.references.some((known) => known.slice(0, known.lastIndexOf(':')) === repository),
  )
}

/** Of the platforms of one image the wanted one; without a wish the host's, where there is no other difference. */
function byPlatform(
  stored: StoredImages,
  choices: readonly ImageChoice[],
  wanted: PlatformWish | undefined,
): readonly ImageChoice[] {
  const offered = choices.map((choice) => choice.platform)
  if (!offered.every((platform) => platform !== undefined)) return choices
  if (choices.length < 2 && !wanted) return choices
  if (!wanted && hasSeveralNames(choices)) return choices
  const fitting = choices.filter(
    (choice) => choice.platform && matchPlatform([choice.platform], wanted ?? hostPlatform()) !== undefined,
  )
  if (fitting.length === 0) {
    if (wanted) throw noSuchPlatform(stored, wanted, offered)
    return choices
  }
  if (hasSeveralNames(fitting)) return fitting
  const best = matchPlatform(
    fitting.map((choice) => choice.platform ?? hostPlatform()),
    wanted ?? hostPlatform(),
  )
  const isSame = (choice: ImageChoice): boolean =>
    choice.platform !== undefined &&
    platformKey(choice.platform) === platformKey(fitting[best ?? 0]?.platform)
  return fitting.filter(isSame)
}

function hasSeveralNames(choices: readonly ImageChoice[]): boolean {
  return new Set(choices.map((choice) => [...choice.references, ...choice.names].join('\n'))).size > 1
}

function platformKey(platform: Platform | undefined): string {
  return platform ? formatPlatform(normalPlatform(platform)) : ''
}

function chooseOne(stored: StoredImages, choices: readonly ImageChoice[]): ImageError {
  const platforms = new Set(choices.map((choice) => platformKey(choice.platform)))
  const isByPlatform = !hasSeveralNames(choices) && platforms.size === choices.length
  const listed = choices
    .slice(0, LISTED)
    .map((choice, i) => (isByPlatform ? platformKey(choice.platform) : label(choice, i)))
  const more = choices.length > LISTED ? `, and ${choices.length - LISTED} more` : ''
  return new ImageError(
    'choose-image',
    `${visible(stored.path)} holds ${choices.length} images, of which one must be chosen: ${listed.join(', ')}${more}.`,
    {
      remedy: isByPlatform
        ? 'Choose a platform with --architecture (and --os, --variant).'
        : REMEDIES[stored.kind],
    },
  )
}

function notThere(stored: StoredImages, name: string): ImageError {
  const listed = stored.choices.slice(0, LISTED).map(label).join(', ')
  const more = stored.choices.length > LISTED ? `, and ${stored.choices.length - LISTED} more` : ''
  return new ImageError(
    'not-found',
    `“${visible(name)}” is not in ${visible(stored.path)}, which holds ${listed}${more}.`,
  )
}

function noSuchPlatform(
  stored: StoredImages,
  wanted: PlatformWish,
  offered: readonly Platform[],
): ImageError {
  const { os = 'any system', architecture = 'any architecture' } = wanted
  const asked = [os, architecture, wanted.variant].filter(Boolean).join('/')
  const there = [...new Set(offered.map(platformKey))].slice(0, LISTED).join(', ')
  return new ImageError(
    'not-found',
    `${visible(stored.path)} holds nothing for ${visible(asked)}, only ${visible(there)}.`,
    { remedy: 'Choose one of these platforms.' },
  )
}

/** A choice in words: its shortest name, or where it stands. */
function label(choice: ImageChoice, index: number): string {
  const [reference] = choice.references
  const name = reference === undefined ? choice.names[0] : familiarReference(parseReference(reference))
  if (name !== undefined) return visible(name)
  return choice.digest !== undefined && isDigest(choice.digest) ? shortDigest(choice.digest) : `#${index + 1}`
}
