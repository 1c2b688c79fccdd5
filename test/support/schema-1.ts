import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Digest } from '../../shared/digest.ts'
import { hex, sha256 } from './digests.ts'
import type { BuiltImage } from './image-builder.ts'
import { END_OF_TAR } from './tar-builder.ts'

export interface Schema1Image {
  /** The signed manifest, as it goes over the wire. */
  readonly manifest: Buffer
  /** Of its payload: the signatures do not count. */
  readonly digest: Digest
  readonly blobs: readonly Buffer[]
  /** The config that engines make of it, to the byte. */
  readonly config: Buffer
}

interface HistoryStep {
  readonly created?: string
  readonly created_by?: string
  readonly author?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

interface ImageConfig extends Record<string, unknown> {
  readonly created?: string
  readonly config?: unknown
  readonly history: readonly HistoryStep[]
}

/** What a history step without a layer has for one: an empty tar. */
const EMPTY_LAYER = gzipSync(END_OF_TAR)

/** An image as registries served it before 2016: every step of its history is a layer, the top one first. */
export function schema1Of(image: BuiltImage, name: string, tag: string): Schema1Image {
  const config = JSON.parse(image.config.toString()) as ImageConfig
  const layers = image.layers.map(({ tar }) => gzipSync(tar))
  const steps = config.history.map((step, index) => {
    const depth = config.history.slice(0, index).filter(({ empty_layer }) => !empty_layer).length
    const blob = step.empty_layer ? EMPTY_LAYER : layers[depth]
    if (!blob) throw new Error('the history has more steps than the image has layers')
    return { step, blob }
  })
  let parent: string | undefined
  const compatibilities = steps.map(({ step, blob }, index) => {
    const id = hex(sha256(`${parent ?? ''} ${sha256(blob)} ${index}`))
    const json = compatibility(config, step, { id, parent, isTop: index === steps.length - 1 })
    parent = id
    return json
  })
  const payload = JSON.stringify(
    {
      schemaVersion: 1,
      name,
      tag,
      architecture: image.platform.architecture,
      fsLayers: steps.map(({ blob }) => ({ blobSum: sha256(blob) })).reverse(),
      history: compatibilities.map((v1Compatibility) => ({ v1Compatibility })).reverse(),
    },
    null,
    3,
  )
  return {
    manifest: signed(payload),
    digest: sha256(payload),
    blobs: steps.map(({ blob }) => blob),
    config: convertedConfig(compatibilities, image),
  }
}

/** The JSON of one step: the top one carries the config, the others what made them. */
function compatibility(
  config: ImageConfig,
  step: HistoryStep,
  { id, parent, isTop }: { id: string; parent: string | undefined; isTop: boolean },
): string {
  const { history: _history, rootfs: _rootfs, ...rest } = config
  return JSON.stringify({
    ...(isTop ? rest : {}),
    id,
    ...(parent === undefined ? {} : { parent }),
    created: step.created ?? config.created,
    container_config: { Cmd: [step.created_by ?? ''] },
    ...(step.author === undefined ? {} : { author: step.author }),
    ...(step.comment === undefined ? {} : { comment: step.comment }),
    ...(step.empty_layer ? { throwaway: true } : {}),
  })
}

/** As moby's MakeConfigFromV1Config does it: the top step's JSON in the order of its keys, without what only v1 knew. */
function convertedConfig(compatibilities: readonly string[], image: BuiltImage): Buffer {
  const parsed = compatibilities.map((json) => JSON.parse(json) as Record<string, unknown>)
  const config = { ...parsed.at(-1) }
  for (const name of ['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway']) delete config[name]
  config['rootfs'] = { type: 'layers', diff_ids: image.layers.map(({ diffID }) => diffID) }
  config['history'] = parsed.map((step) => ({
    created: step['created'],
    author: step['author'],
    created_by: (step['container_config'] as { Cmd: string[] }).Cmd.join(' ') || undefined,
    comment: step['comment'],
    empty_layer: step['throwaway'],
  }))
  const sorted = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(escapedAsGo(JSON.stringify(Object.fromEntries(sorted))))
}

/** Go's encoding/json escapes what HTML would read. */
function escapedAsGo(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A JSON Web Signature in the shape of libtrust: it covers the payload up to its last bracket, where the signatures go in. */
function signed(payload: string): Buffer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const tail = '\n}'
  const formatLength = Buffer.byteLength(payload) - tail.length
  const header = { formatLength, formatTail: base64url(tail), time: '2024-05-06T07:08:09Z' }
  const protectedHeader = base64url(JSON.stringify(header))
  const signature = signES256(`${protectedHeader}.${base64url(payload)}`, privateKey)
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const jwk = { crv, kid: libtrustKeyID(publicKey), kty, x, y }
  const block = { header: { jwk, alg: 'ES256' }, signature, protected: protectedHeader }
  return Buffer.from(`${payload.slice(0, -tail.length)},\n   "signatures": ${JSON.stringify([block])}${tail}`)
}

/** JOSE wants both numbers one after the other, not their DER. */
export function signES256(text: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** libtrust's name of a key: 240 bits of the digest of its DER, base 32, in groups of four. */
export function libtrustKeyID(key: KeyObject): string {
  const digest = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 30)
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits
    .match(/.{5}/g)
    ?.map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)])
  return (letters?.join('').match(/.{4}/g) ?? []).join(':')
}
