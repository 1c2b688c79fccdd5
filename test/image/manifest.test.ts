import { describe, expect, test } from 'vitest'
import { isAttestation, isForeign, parseLayoutIndex, parseManifest } from '../../main/image/manifest.ts'
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../shared/media-types.ts'
import { sha256 } from '../support/digests.ts'

const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('x'), size: 1 }
const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] }
const parse = (value: unknown, mediaType = OCI_MANIFEST) =>
  parseManifest(Buffer.from(JSON.stringify(value)), mediaType, 'The manifest')

describe('a manifest', () => {
  test('of OCI and of Docker has one shape', () => {
    expect(parse(manifest)).toMatchObject({ kind: 'manifest' })
    expect(parse({ ...manifest, mediaType: DOCKER_MANIFEST }, DOCKER_MANIFEST)).toMatchObject({
      kind: 'manifest',
      manifest: { layers: [descriptor] },
    })
  })

  test.each([
    [{ ...manifest, manifests: [] }, 'is an index and a manifest at once'],
    [{ ...manifest, mediaType: OCI_INDEX }, 'is not of the type that it is listed with'],
    [{ ...manifest, schemaVersion: 1 }, "is of Docker's schema 1"],
    [{ schemaVersion: 1, fsLayers: [] }, "is of Docker's schema 1"],
    [{ ...manifest, config: { ...descriptor, digest: 'sha256:../../x' } }, 'at config.digest'],
    [{ ...manifest, config: { ...descriptor, digest: `sha256:${'A'.repeat(64)}` } }, 'at config.digest'],
    [{ ...manifest, config: { ...descriptor, digest: `sha512:${'a'.repeat(128)}` } }, 'at config.digest'],
    [{ ...manifest, layers: [{ ...descriptor, size: -1 }] }, 'at layers.0.size'],
    [{ ...manifest, layers: [{ ...descriptor, size: 1.5 }] }, 'at layers.0.size'],
    [{ ...manifest, layers: [{ ...descriptor, size: 1e300 }] }, 'at layers.0.size'],
    [{ ...manifest, layers: {} }, 'at layers'],
    [null, 'is not what it should be'],
    [[], 'is not what it should be'],
  ])('%j is refused', (value, message) => {
    expect(() => parse(value)).toThrow(message)
  })

  test('a type that is no image is refused', () => {
    expect(() => parse(manifest, 'text/html')).toThrow('is of a type that is not an image (text/html)')
  })
})

describe('an index', () => {
  test('of a layout may leave its type out, but may not be another', () => {
    const index = { schemaVersion: 2, manifests: [descriptor] }
    const read = (value: unknown) => parseLayoutIndex(Buffer.from(JSON.stringify(value)), 'index.json')
    expect(read(index).manifests).toHaveLength(1)
    expect(read({ ...index, mediaType: OCI_INDEX }).manifests).toHaveLength(1)
    expect(() => read({ ...index, mediaType: OCI_MANIFEST })).toThrow('is not of the type')
    expect(() => read({ ...index, layers: [] })).toThrow('is an index and a manifest at once')
    expect(() => read(manifest)).toThrow('index.json is not what it should be')
  })

  test('attestations are told by their annotation or by their platform', () => {
    const annotations = { 'vnd.docker.reference.type': 'attestation-manifest' }
    expect(isAttestation({ ...descriptor, annotations })).toBe(true)
    expect(isAttestation({ ...descriptor, platform: { os: 'unknown', architecture: 'unknown' } })).toBe(true)
    expect(isAttestation({ ...descriptor, platform: { os: 'linux', architecture: 'amd64' } })).toBe(false)
  })
})

test('layers that may not be passed on are told by their type', () => {
  const foreign = [
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  ]
  for (const mediaType of foreign) expect(isForeign({ ...descriptor, mediaType })).toBe(true)
  expect(isForeign({ ...descriptor, mediaType: 'application/vnd.oci.image.layer.v1.tar' })).toBe(false)
})
