import { shortDigest } from '../../shared/digest.ts'
import type { ImageInfo, LayerInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { formatPlatform } from '../../shared/platform.ts'
import { DONE } from './failure.ts'
import { formatBytes, formatTable } from './format.ts'
import type { Session } from './session.ts'

export async function info(
  session: Session,
  [source = '']: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  await using input = await session.input(await session.source(source))
  const image = await input.inspect(session.task)
  if (options.json) await session.output.json(image)
  else for (const line of infoLines(image)) await session.output.line(line)
  return DONE
}

/** The image in words, for people; all text of the image's own made safe for a terminal. */
export function infoLines(image: ImageInfo): string[] {
  const { config } = image
  const facts: (readonly [string, string | undefined])[] = [
    ['Names', image.references.join(', ') || 'none'],
    ['Image ID', image.imageID],
    ['Manifest', image.digest],
    ['Format', image.format],
    ['Platform', formatPlatform(image.platform)],
    ['Created', image.created],
    ['Author', image.author],
    ['Size', sizeWords(image)],
    ['Entrypoint', config.Entrypoint && JSON.stringify(config.Entrypoint)],
    ['Command', config.Cmd && JSON.stringify(config.Cmd)],
    ['User', config.User || undefined],
    ['Folder', config.WorkingDir || undefined],
    ['Ports', keysOf(config.ExposedPorts)],
    ['Volumes', keysOf(config.Volumes)],
    ['Stop signal', config.StopSignal ?? undefined],
    ...list('Environment', config.Env ?? []),
    ...list(
      'Labels',
      Object.entries(config.Labels ?? {}).map(([name, value]) => `${name}=${value}`),
    ),
  ].map(([name, value]) => [name ?? '', value ?? undefined])
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined)
  return [
    ...formatTable(known.map(([name, value]) => [name, visible(value)])),
    '',
    ...layerLines(image.layers),
    ...image.warnings.map(({ message }) => `Note: ${visible(message)}`),
  ]
}

function layerLines(layers: readonly LayerInfo[]): string[] {
  const rows = layers.map((layer) => [
    String(layer.index),
    shortDigest(layer.diffID),
    layer.size === null ? '?' : formatBytes(layer.size),
    layer.compressedSize === null ? '?' : formatBytes(layer.compressedSize),
    visible(layer.createdBy ?? '').slice(0, 100),
  ])
  return formatTable([['Layer', 'diffID', 'Size', 'Stored', 'Created by'], ...rows], [0, 2, 3])
}

function sizeWords({ size, compressedSize: stored, statedSize }: ImageInfo): string {
  const unread =
    statedSize === undefined
      ? 'not known until the layers have been read'
      : `about ${formatBytes(statedSize)}, as the engine says`
  const whole = size === null ? unread : formatBytes(size)
  return stored === null || stored === size ? whole : `${whole}, ${formatBytes(stored)} as stored`
}

function keysOf(values: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  const keys = Object.keys(values ?? {})
  return keys.length > 0 ? keys.join(', ') : undefined
}

/** A heading beside the first, blanks beside the others. */
function list(heading: string, values: readonly string[]): [string, string][] {
  return values.map((value, index) => [index === 0 ? heading : '', value])
}
