import { describe, expect, test } from 'vitest'
import { historySteps, imageInfoOf, parseConfig } from '../../main/image/image-config.ts'
import { imageInfoSchema } from '../../shared/image.ts'
import { sha256 } from '../support/digests.ts'
import { buildImage } from '../support/image-builder.ts'

const diffIDs = [sha256('a'), sha256('b')]
const parse = (value: object) => parseConfig(Buffer.from(JSON.stringify(value)))
const config = {
  os: 'linux',
  architecture: 'arm',
  variant: 'v7',
  rootfs: { type: 'layers', diff_ids: diffIDs },
}

describe('a config', () => {
  test('gives platform, layers and what a container runs', () => {
    const parsed = parse({ ...config, created: '2024-01-01T00:00:00Z', config: { Env: ['A=1'], Other: [1] } })
    expect(parsed).toEqual({
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      created: '2024-01-01T00:00:00Z',
      config: { Env: ['A=1'], Other: [1] },
      diffIDs,
      history: [],
    })
  })

  test('null, as Go writes what is empty, is nothing', () => {
    const parsed = parse({
      ...config,
      variant: '',
      author: null,
      history: null,
      config: { Env: null, Cmd: null, Labels: null, Volumes: null, ExposedPorts: null, Entrypoint: null },
    })
    expect(parsed.platform).toEqual({ os: 'linux', architecture: 'arm' })
    expect(parsed.history).toEqual([])
    expect(parsed).not.toHaveProperty('author')
  })

  test.each([
    [{ ...config, rootfs: undefined }, 'rootfs'],
    [{ ...config, rootfs: { diff_ids: ['sha256:../../../etc/passwd'] } }, 'rootfs.diff_ids.0'],
    [{ ...config, rootfs: { type: 'squashfs', diff_ids: [] } }, 'rootfs.type'],
    [{ ...config, config: { Env: 5 } }, 'config.Env'],
    [{ ...config, history: [{ empty_layer: 'yes' }] }, 'history.0.empty_layer'],
  ])('%j is refused', (value, where) => {
    expect(() => parse(value)).toThrow(`The image config is not what it should be at ${where}.`)
  })
})

describe('the history', () => {
  test('tells which step made which layer', () => {
    const history = [{ created_by: 'one' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'two' }]
    expect(historySteps(parse({ ...config, history }))).toEqual([
      { createdBy: 'one', layerIndex: 0 },
      { createdBy: 'ENV', layerIndex: null },
      { createdBy: 'two', layerIndex: 1 },
    ])
  })

  test('that does not fit the layers names none of them', () => {
    const history = [{ created_by: 'only one' }]
    expect(historySteps(parse({ ...config, history }))).toEqual([
      { createdBy: 'only one', layerIndex: null },
      { layerIndex: 0 },
      { layerIndex: 1 },
    ])
  })
})

test('what is known of an image keeps to the wire’s schema', () => {
  const image = buildImage({ layers: [[{ path: 'a' }], [{ path: 'b' }]] })
  const layer = { size: 2048, compressedSize: 100, mediaType: 'x' }
  const info = imageInfoOf({
    config: parseConfig(image.config),
    imageID: image.imageID,
    references: ['docker.io/library/a:1', 'docker.io/library/a:2'],
    format: 'docker archive',
    layers: [layer, { ...layer, size: null }],
    warnings: [],
  })
  expect(imageInfoSchema.parse(info)).toEqual(info)
  expect(info).toMatchObject({ reference: 'docker.io/library/a:1', size: null, compressedSize: 200 })
  expect(info.layers.map(({ createdBy }) => createdBy)).toEqual(['layer 1', 'layer 2'])
})
