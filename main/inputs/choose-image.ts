import { arch } from 'node:process'
import { isDigest, shortDigest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { Platform } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { formatPlatform, matchPlatform, normalPlatform, type PlatformWish } from '../../shared/platform.ts'
import { familiarReference, formatReference, parseReference } from '../../shared/reference.ts'
import type { Task } from '../image/element.ts'
import { fullReference, type ImageChoice, type ImageShelf, type StoredImage } from './stored-image.ts'

const REMEDIES: Readonly<Record<ImageShelf['kind'], string>> = {
  tar: 'Choose one with ?image= and its name, its ID, or #1 for the first.',
  layout: 'Choose one with ?ref= and its name, its digest, or #1 for the first.',
  dir: 'Choose one with ?image= and ?tag=.',
}

/** How many images a message lists. */
const LISTED = 5

/** The image that is wanted of those there: by `image` (see SourceSpec), by platform, or because there is no other. */
export async function chooseImage(
  shelf: ImageShelf,
  wanted: { readonly image?: string | undefined; readonly platform?: PlatformWish | undefined },
  task: Task,
): Promise<StoredImage> {
  const named = wanted.image === undefined ? shelf.choices : await byName(shelf, wanted.image, task)
  const choices = byPlatform(shelf, named, wanted.platform)
  const [choice] = choices
  if (choice === undefined || choices.length > 1) throw chooseOne(shelf, choices)
  const image = await choice.load(task)
  if (wanted.platform && matchPlatform([image.config.platform], wanted.platform) === undefined)
    throw noSuchPlatform(shelf, wanted.platform, [image.config.platform])
  return image
}

async function byName(shelf: ImageShelf, name: string, task: Task): Promise<readonly ImageChoice[]> {
  const position = /^#([1-9]\d{0,5})$/.exec(name)?.[1]
  if (position !== undefined) {
    const choice = shelf.choices[Number(position) - 1]
    if (choice) return [choice]
    throw notThere(shelf, name)
  }
  const literal = shelf.choices.filter((choice) => choice.names.includes(name))
  if (literal.length > 0) return literal
  const found = /^(?:sha256:)?[0-9a-f]{12,64}$/.test(name)
    ? await byDigits(shelf, name.replace('sha256:', ''), task)
    : byReference(shelf, name)
  if (found.length === 0) throw notThere(shelf, name)
  return found
}

async function byDigits(shelf: ImageShelf, digits: string, task: Task): Promise<ImageChoice[]> {
  const byManifest = shelf.choices.filter((choice) => choice.digest?.startsWith(`sha256:${digits}`))
  if (byManifest.length > 0) return byManifest
  const found: ImageChoice[] = []
  for (const choice of shelf.choices) {
    const { imageID } = await choice.load(task)
    if (imageID.startsWith(`sha256:${digits}`)) found.push(choice)
  }
  // One image under several entries is one image.
  return found.slice(0, 1)
}

/** `debian` finds `debian:latest`, or else the one image of that repository. */
function byReference(shelf: ImageShelf, name: string): ImageChoice[] {
  const reference = parseReference(name)
  const { digest } = reference
  if (digest !== undefined) return shelf.choices.filter((choice) => choice.digest === digest)
  const full = fullReference(name)
  const exact = shelf.choices.filter((choice) => choice.references.some((known) => known === full))
  if (exact.length > 0 || reference.tag !== undefined) return exact
  const repository = formatReference(reference)
  return shelf.choices.filter((choice) =>
    choice.references.some((known) => known.slice(0, known.lastIndexOf(':')) === repository),
  )
}

/** Of the platforms of one image the wanted one; without a wish the host's, where there is no other difference. */
function byPlatform(
  shelf: ImageShelf,
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
    if (wanted) throw noSuchPlatform(shelf, wanted, offered)
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

/** What runs here, were it run here: Docker's images are of linux everywhere but on Windows servers. */
export function hostPlatform(): Platform {
  return normalPlatform({ os: 'linux', architecture: arch === 'arm' ? 'armhf' : arch })
}

function chooseOne(shelf: ImageShelf, choices: readonly ImageChoice[]): ImageError {
  const isByPlatform = !hasSeveralNames(choices) && choices.every((choice) => choice.platform)
  const listed = choices
    .slice(0, LISTED)
    .map((choice, i) => (isByPlatform ? platformKey(choice.platform) : label(choice, i)))
  const more = choices.length > LISTED ? `, and ${choices.length - LISTED} more` : ''
  return new ImageError(
    'choose-image',
    `${visible(shelf.path)} holds ${choices.length} images, of which one must be chosen: ${listed.join(', ')}${more}.`,
    {
      remedy: isByPlatform
        ? 'Choose a platform with --architecture (and --os, --variant).'
        : REMEDIES[shelf.kind],
    },
  )
}

function notThere(shelf: ImageShelf, name: string): ImageError {
  const listed = shelf.choices.slice(0, LISTED).map(label).join(', ')
  const more = shelf.choices.length > LISTED ? `, and ${shelf.choices.length - LISTED} more` : ''
  return new ImageError(
    'not-found',
    `“${visible(name)}” is not in ${visible(shelf.path)}, which holds ${listed}${more}.`,
  )
}

function noSuchPlatform(shelf: ImageShelf, wanted: PlatformWish, offered: readonly Platform[]): ImageError {
  const { os = 'any system', architecture = 'any architecture' } = wanted
  const asked = [os, architecture, wanted.variant].filter(Boolean).join('/')
  const there = [...new Set(offered.map(platformKey))].slice(0, LISTED).join(', ')
  return new ImageError(
    'not-found',
    `${visible(shelf.path)} holds nothing for ${visible(asked)}, only ${visible(there)}.`,
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
