import { z } from 'zod'
import type { Digest } from '../../shared/digest.ts'
import { parseDocument, parseJson } from './documents.ts'
import { goJson, rawMembers, sortedObject } from './raw-json.ts'

const text = z.string().nullish()

/** One layer's description as Docker had it before images had configs (image-spec v1), as far as a config is made of it. */
const v1Schema = z.looseObject({
  created: text,
  author: text,
  comment: text,
  docker_version: text,
  throwaway: z.boolean().nullish(),
  container_config: z.looseObject({ Cmd: z.array(z.string()).nullish() }).nullish(),
})

/** A step of the build: its description as the source has it. */
export interface V1Step {
  readonly text: string
  readonly created: string
  readonly author: string
  readonly createdBy: string
  readonly comment: string
  /** It stands for a step that changed no file. */
  readonly isThrowaway: boolean
}

export function parseV1(bytes: Uint8Array, what: string): V1Step {
  const parsed = parseDocument(bytes, v1Schema, what)
  return {
    text: Buffer.from(bytes).toString('utf8'),
    created: goTime(parsed.created),
    author: parsed.author ?? '',
    createdBy: (parsed.container_config?.Cmd ?? []).join(' '),
    comment: parsed.comment ?? '',
    isThrowaway: parsed.throwaway ?? false,
  }
}

/**
 * The config that Docker makes of such descriptions, base first, to the byte, so that the image ID is the same (moby image/v1/imagev1.go,
 * MakeConfigFromV1Config and HistoryFromConfig): the topmost description without what only v1 had, with rootfs and history.
 */
export function configFromV1(steps: readonly V1Step[], diffIDs: readonly Digest[]): Uint8Array {
  const top = steps.at(-1)?.text ?? '{}'
  const members = isOlderThan183(top) ? structMembers(top) : rawMembers(top)
  for (const key of V1_ONLY) members.delete(key)
  members.set('rootfs', goJson({ type: 'layers', ...(diffIDs.length > 0 ? { diff_ids: diffIDs } : {}) }))
  members.set('history', goJson(steps.map(historyOf)))
  const bytes = Buffer.from(sortedObject(members))
  parseJson(bytes, 'The synthesised config')
  return bytes
}

const V1_ONLY = ['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway']

/** Go's `omitempty`: what is empty is not written. */
function historyOf({ created, author, createdBy, comment, isThrowaway }: V1Step): Record<string, unknown> {
  return {
    created,
    ...(author ? { author } : {}),
    ...(createdBy ? { created_by: createdBy } : {}),
    ...(comment ? { comment } : {}),
    ...(isThrowaway ? { empty_layer: true } : {}),
  }
}

const ZERO_TIME = '0001-01-01T00:00:00Z'

/** As Go writes a time that it has read: RFC 3339 without zeros at the fraction's end. */
function goTime(time: string | null | undefined): string {
  if (!time) return ZERO_TIME
  return time
    .replace(/(\.\d*?)0+(?=[Zz+-])/, '$1')
    .replace(/\.(?=[Zz+-])/, '')
    .replace(/[+-]00:00$/, 'Z')
}

/** Configs of such engines were not to be trusted to keep their unknown fields; moby passes theirs through its own struct. */
function isOlderThan183(text: string): boolean {
  const version = (JSON.parse(text) as { docker_version?: unknown }).docker_version
  const parts = (typeof version === 'string' ? version : '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0)
  for (const [i, needed] of [1, 8, 3].entries()) {
    const has = parts[i] ?? 0
    if (has !== needed) return has < needed
  }
  return false
}

/** moby's image.V1Image: its fields, in their forms. */
function structMembers(text: string): Map<string, string> {
  const given = rawMembers(text)
  const members = new Map<string, string>()
  for (const key of ['comment', 'container', 'docker_version', 'author', 'architecture', 'variant', 'os']) {
    const value = given.get(key)
    if (value !== undefined && value !== 'null' && value !== '""') members.set(key, value)
  }
  const { created } = JSON.parse(text) as { created?: string }
  members.set('created', goJson(goTime(created)))
  members.set('container_config', containerConfig(given.get('container_config')))
  const config = given.get('config')
  if (config !== undefined && config !== 'null') members.set('config', containerConfig(config))
  return members
}

/** moby's container.Config: each field with what it is where nothing is given, or undefined for one that is then left out. */
const CONTAINER_FIELDS: readonly (readonly [name: string, empty: string | undefined])[] = [
  ['Hostname', '""'],
  ['Domainname', '""'],
  ['User', '""'],
  ['AttachStdin', 'false'],
  ['AttachStdout', 'false'],
  ['AttachStderr', 'false'],
  ['ExposedPorts', undefined],
  ['Tty', 'false'],
  ['OpenStdin', 'false'],
  ['StdinOnce', 'false'],
  ['Env', 'null'],
  ['Cmd', 'null'],
  ['Healthcheck', undefined],
  ['ArgsEscaped', undefined],
  ['Image', '""'],
  ['Volumes', 'null'],
  ['WorkingDir', '""'],
  ['Entrypoint', 'null'],
  ['NetworkDisabled', undefined],
  ['MacAddress', undefined],
  ['OnBuild', 'null'],
  ['Labels', 'null'],
  ['StopSignal', undefined],
  ['StopTimeout', undefined],
  ['Shell', undefined],
]
const MAPS: ReadonlySet<string> = new Set(['ExposedPorts', 'Volumes', 'Labels'])
const EMPTY: ReadonlySet<string> = new Set(['null', '""', 'false', '{}', '[]'])

/** A container.Config as Go writes it; that of a container without any where there is none. Also part of what v1 IDs are made of. */
export function containerConfig(raw: string | undefined): string {
  const given = raw === undefined || raw === 'null' ? new Map<string, string>() : rawMembers(raw)
  const fields = CONTAINER_FIELDS.flatMap(([name, empty]) => {
    const value = given.get(name)
    if (value === undefined || (empty === undefined && EMPTY.has(value)))
      return empty === undefined ? [] : [`${goJson(name)}:${empty}`]
    return [
      `${goJson(name)}:${MAPS.has(name) && value.startsWith('{') ? sortedObject(rawMembers(value)) : value}`,
    ]
  })
  return `{${fields.join(',')}}`
}
