import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodeHeader, endOfArchive, paddingOf } from '../main/image/tar-header.ts'
import { hexOf, type Digest } from '../shared/digest.ts'
import { sampleLayers, type SampleFile, type SampleLayer } from './sample-layers.ts'

const REFERENCE = 'occystrap.example/sample:1.0'

/** The sample image as a docker-save archive; the same bytes on every machine. */
export function sampleArchive(): Buffer {
  const layers = sampleLayers.map((layer) => packTar(layer.files))
  const config = Buffer.from(JSON.stringify(configOf(layers.map(digestOf))))
  const configName = `${hexOf(digestOf(config))}.json`
  const layerNames = layers.map((layer) => `${hexOf(digestOf(layer))}/layer.tar`)
  const manifest = [{ Config: configName, RepoTags: [REFERENCE], Layers: layerNames }]
  const files = layers.map((content, index) => ({ path: layerNames[index] ?? '', content, mtime: 0 }))
  return packTar([
    { path: configName, content: config, mtime: 0 },
    ...files,
    { path: 'manifest.json', content: JSON.stringify(manifest), mtime: 0 },
  ])
}

function configOf(diffIDs: readonly Digest[]): unknown {
  const last = sampleLayers.at(-1) as SampleLayer
  return {
    architecture: 'amd64',
    author: 'Occystrap',
    config: {
      User: '1000',
      ExposedPorts: { '8080/tcp': {} },
      Env: ['PATH=/usr/bin:/bin', 'APP_HOME=/srv/app', 'LANG=C.UTF-8'],
      Entrypoint: ['/usr/bin/greet'],
      Cmd: ['world'],
      WorkingDir: '/srv/app',
      Labels: {
        'org.opencontainers.image.title': 'sample',
        'org.opencontainers.image.version': '1.0',
        'org.opencontainers.image.description': 'Three small layers to look around in',
      },
    },
    created: last.created,
    history: [
      ...sampleLayers.map(({ created, createdBy }) => ({ created, created_by: createdBy })),
      ...['ENV APP_HOME=/srv/app LANG=C.UTF-8', 'ENTRYPOINT ["/usr/bin/greet"]', 'CMD ["world"]'].map(
        (step) => ({
          created: last.created,
          created_by: `/bin/sh -c #(nop)  ${step}`,
          empty_layer: true,
        }),
      ),
    ],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIDs },
  }
}

function packTar(files: readonly SampleFile[]): Buffer {
  return Buffer.concat([...files.flatMap(memberOf), endOfArchive])
}

function memberOf({ path, content = '', linkname, mode, uid = 0, mtime }: SampleFile): Uint8Array[] {
  const isDirectory = path.endsWith('/')
  const body = Buffer.from(content)
  const header = encodeHeader({
    path: isDirectory ? path.slice(0, -1) : path,
    type: isDirectory ? 'directory' : linkname === undefined ? 'file' : 'symlink',
    size: body.length,
    storedSize: body.length,
    mode: mode ?? (isDirectory ? 0o755 : linkname === undefined ? 0o644 : 0o777),
    uid,
    gid: uid,
    mtime,
    mtimeNanoseconds: 0,
    offset: 0,
    ...(linkname === undefined ? {} : { linkname }),
  })
  return [header, body, new Uint8Array(paddingOf(body.length))]
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '../out/sample/sample.tar')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, sampleArchive())
}
