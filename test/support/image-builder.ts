import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Digest } from '../../shared/digest.ts'
import { dockerArchiveMembers, ociFiles, splitTag, type Flavour, type OciOptions } from './archive-members.ts'
import { hex, sha256 } from './digests.ts'
import { packTar, type FileSpec } from './tar-builder.ts'

export type OuterCompression = 'gzip' | 'zstd' | 'xz' | 'bzip2'

export type { FileSpec } from './tar-builder.ts'

/** What a layer holds: files to pack, or a tar as it stands. */
export type LayerContent = readonly FileSpec[] | Uint8Array

export interface BuiltLayer {
  readonly tar: Buffer
  readonly diffID: Digest
}

export interface BuiltImage {
  readonly layers: readonly BuiltLayer[]
  /** The config's bytes. */
  readonly config: Buffer
  readonly imageID: Digest
  /** As docker shows them: `debian:12`, `quay.io/a/b:latest`. */
  readonly references: readonly string[]
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string }
}

export interface ImageSpec {
  readonly layers: readonly LayerContent[]
  /** The `config` part of the image config (Env, Cmd, …). */
  readonly config?: Readonly<Record<string, unknown>>
  /** Keys of the image config itself, over the defaults (architecture, os, history, rootfs, …). */
  readonly overrides?: Readonly<Record<string, unknown>>
  readonly references?: readonly string[]
  readonly platform?: BuiltImage['platform']
}

/** An image in memory: a history step per layer (`layer 1`, `layer 2`, …) and a quiet step at the end for its command. */
export function buildImage(spec: ImageSpec): BuiltImage {
  const platform = spec.platform ?? { os: 'linux', architecture: 'amd64' }
  const layers = spec.layers.map((content) => {
    const tar = content instanceof Uint8Array ? Buffer.from(content) : packTar(content)
    return { tar, diffID: sha256(tar) }
  })
  const config = Buffer.from(
    JSON.stringify({
      architecture: platform.architecture,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
      os: platform.os,
      created: '2024-05-06T07:08:09Z',
      config: spec.config ?? { Env: ['PATH=/usr/bin:/bin'], Cmd: ['/bin/sh'] },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffID) },
      history: [
        ...layers.map((_, index) => ({
          created: '2024-05-06T07:08:09Z',
          created_by: `layer ${index + 1}`,
        })),
        { created: '2024-05-06T07:08:09Z', created_by: 'CMD ["/bin/sh"]', empty_layer: true },
      ],
      ...spec.overrides,
    }),
  )
  return { layers, config, imageID: sha256(config), references: spec.references ?? [], platform }
}

/** Two layers, of which the second replaces one file, deletes another and adds a link. */
export function sampleImage(references: readonly string[] = ['sample:1']): BuiltImage {
  return buildImage({
    references,
    layers: [
      [
        { path: 'etc/', type: 'directory' },
        { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
        { path: 'etc/motd', content: 'Welcome.\n' },
        { path: 'bin/', type: 'directory' },
        { path: 'bin/sh', content: '\x7fELF sh', mode: 0o755 },
      ],
      [
        { path: 'etc/', type: 'directory' },
        { path: 'etc/motd', content: 'Replaced.\n', mtime: 1_700_000_000 },
        { path: 'etc/.wh.passwd' },
        { path: 'bin/bash', type: 'symlink', linkname: 'sh' },
      ],
    ],
  })
}

export async function writeDockerArchive(
  images: BuiltImage | readonly BuiltImage[],
  path: string,
  options: { readonly flavour?: Flavour; readonly compress?: OuterCompression } = {},
): Promise<void> {
  await writeTar(path, dockerArchiveMembers(listOf(images), options.flavour ?? 'docker-24'), options.compress)
}

export async function writeOciArchive(
  images: BuiltImage | readonly BuiltImage[],
  path: string,
  options: OciOptions & { readonly compress?: OuterCompression } = {},
): Promise<void> {
  const files = [...ociFiles(listOf(images), options)]
  const members: FileSpec[] = files.map(([path, content]) => ({ path, content }))
  await writeTar(path, members, options.compress)
}

export async function writeLayout(
  folder: string,
  images: BuiltImage | readonly BuiltImage[],
  options: OciOptions = {},
): Promise<void> {
  for (const [name, content] of ociFiles(listOf(images), options)) await writeBelow(folder, name, content)
}

/**
 * A directory as the original Python tool writes it: the config re-serialised, the last part of the repository in RepoTags, layers in
 * folders named by their digests; without `uniqueNames` one image and a plain manifest.json.
 */
export async function writePythonDirectory(
  folder: string,
  images: BuiltImage | readonly BuiltImage[],
  options: {
    readonly uniqueNames?: boolean
    readonly hasCatalog?: boolean
    readonly layers?: 'layer.tar' | 'layer.tgz'
  } = {},
): Promise<void> {
  const catalog: Record<string, Record<string, string>> = {}
  for (const image of listOf(images)) {
    const [name, tag] = splitTag(image.references[0] ?? 'image:latest')
    const config = Buffer.from(JSON.stringify(sortedKeys(JSON.parse(image.config.toString())), null, 4))
    const configName = `${hex(image.imageID)}.json`
    const layerName = options.layers ?? 'layer.tar'
    for (const layer of image.layers) {
      const bytes = layerName === 'layer.tgz' ? gzipSync(layer.tar) : layer.tar
      await writeBelow(folder, `${hex(layer.diffID)}/${layerName}`, bytes)
    }
    await writeBelow(folder, configName, config)
    const manifest = [
      {
        Config: configName,
        Layers: image.layers.map((layer) => `${hex(layer.diffID)}/${layerName}`),
        RepoTags: [`${name.split('/').at(-1)}:${tag}`],
        ...(options.uniqueNames ? { ImageName: name } : {}),
      },
    ]
    const manifestName = options.uniqueNames
      ? `manifest-${name.replaceAll('/', '_')}-${tag}.json`
      : 'manifest.json'
    await writeBelow(folder, manifestName, JSON.stringify(manifest, null, 4))
    const tags = (catalog[name] ??= {})
    tags[tag] = manifestName
  }
  if (options.hasCatalog ?? true) await writeBelow(folder, 'catalog.json', JSON.stringify(catalog, null, 4))
}

export async function writeTar(
  path: string,
  members: readonly FileSpec[],
  compress?: OuterCompression,
): Promise<void> {
  const tar = packTar(members)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, compress ? compressed(tar, compress) : tar)
}

/** Compressed by Node, or by the system's own tool where Node has none. */
export function compressed(bytes: Uint8Array, kind: OuterCompression): Buffer {
  if (kind === 'gzip') return gzipSync(bytes)
  if (kind === 'zstd') return zstdCompressSync(bytes)
  const { stdout, error } = spawnSync(kind, ['-c'], { input: bytes, maxBuffer: 1024 ** 3 })
  if (error) throw error
  return stdout
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]))
}

async function writeBelow(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

function listOf(images: BuiltImage | readonly BuiltImage[]): readonly BuiltImage[] {
  return 'layers' in images ? [images] : images
}
