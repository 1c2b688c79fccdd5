import { describe, expect, test } from 'vitest'
import { TarfileImage } from '../../main/inputs/stored/tarfile.ts'
import { dockerArchiveMembers } from '../support/archive-members.ts'
import { elementsOf } from '../support/collect.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { buildImage, compressed, sampleImage, writeTar } from '../support/image-builder.ts'
import type { FileSpec } from '../support/tar-builder.ts'
import { testTask } from '../support/task.ts'

const open = (context: TestContext, image?: string) =>
  TarfileImage.open(
    { kind: 'tar', path: context.path('old.tar'), ...(image ? { image } : {}) },
    context,
    testTask(),
  )

const members = (change: (member: FileSpec) => FileSpec = (member) => member): FileSpec[] =>
  dockerArchiveMembers([sampleImage()], 'legacy').map(change)

describe('an archive from before Docker 1.10', () => {
  test('gets the config that docker load made of it', async () => {
    await using context = await testContext()
    const id = 'a'.repeat(64)
    const image = buildImage({ layers: [[{ path: 'a', content: 'a' }]] })
    // Keys as they come, one of them v1's own; text that Go's encoder escapes.
    const json = {
      id,
      os: 'linux',
      created: '2015-01-02T03:04:05.123456789Z',
      Size: 12,
      author: 'A <a@example.org>',
      container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD x & y'] },
      config: { Env: ['A=1'] },
      docker_version: '1.9.1',
      architecture: 'amd64',
    }
    await writeTar(context.path('old.tar'), [
      { path: `${id}/json`, content: JSON.stringify(json) },
      { path: `${id}/layer.tar`, content: image.layers[0]!.tar },
      { path: 'repositories', content: JSON.stringify({ 'quay.io/team/app': { old: id } }) },
    ])
    await using input = await open(context)
    const [[, , config]] = (await elementsOf(input)) as [['config', string, Uint8Array]]
    expect(Buffer.from(config).toString()).toBe(
      '{"architecture":"amd64","author":"A \\u003ca@example.org\\u003e","config":{"Env":["A=1"]},' +
        '"container_config":{"Cmd":["/bin/sh","-c","#(nop) ADD x \\u0026 y"]},"created":"2015-01-02T03:04:05.123456789Z","docker_version":"1.9.1",' +
        '"history":[{"created":"2015-01-02T03:04:05.123456789Z","author":"A \\u003ca@example.org\\u003e",' +
        '"created_by":"/bin/sh -c #(nop) ADD x \\u0026 y"}],"os":"linux",' +
        `"rootfs":{"type":"layers","diff_ids":["${image.layers[0]!.diffID}"]}}`,
    )
    const info = await input.inspect(testTask())
    expect(info.reference).toBe('quay.io/team/app:old')
    expect(info.format).toBe('docker archive (before 1.10)')
    expect(info.warnings.map((warning) => warning.code)).toEqual(['config-synthesised'])
  })

  test('gets the ID that Docker 20.10 gave it when it loaded it, whatever engine described it', async () => {
    // Each as dockerd itself named the image; engines before 1.8.3 had their descriptions written anew.
    const known = {
      unsaid: 'sha256:dd5518cccc7267355bf4a1b8e4383cdfc3f945e5e67f094eec6d513b5dba1c88',
      '1.7.1': 'sha256:7215c522f1d1299d31e8bb42d32d9d435c2b33364532b500db0336719cdd1101',
      '1.9.1': 'sha256:f01f1018d3c9ba4093224ceb317ee4416c2cf32191cef4c6a419c0ec7a39e54e',
    }
    for (const [version, imageID] of Object.entries(known)) {
      await using context = await testContext()
      const id = 'a'.repeat(64)
      const json = {
        id,
        os: 'linux',
        created: '2015-01-02T03:04:05.120000000Z',
        Size: 12,
        author: 'A <a@example.org>',
        container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD x & y'] },
        config: { Env: ['A=1'], ExposedPorts: { '80/tcp': {} }, Labels: { z: '1', a: '<2>' } },
        ...(version === 'unsaid' ? {} : { docker_version: version }),
        architecture: 'amd64',
        unknown_field: 7,
      }
      const { tar } = buildImage({ layers: [[{ path: 'a', content: 'a' }]] }).layers[0]!
      await writeTar(context.path('old.tar'), [
        { path: `${id}/json`, content: JSON.stringify(json) },
        { path: `${id}/layer.tar`, content: tar },
        { path: 'repositories', content: JSON.stringify({ app: { old: id } }) },
      ])
      await using input = await open(context)
      expect((await input.inspect(testTask())).imageID, version).toBe(imageID)
    }
  })

  test('has the same image ID each time', async () => {
    await using context = await testContext()
    await writeTar(context.path('old.tar'), members())
    const ids = new Set<string>()
    for (let round = 0; round < 2; round++) {
      await using input = await open(context)
      ids.add((await input.inspect(testTask())).imageID)
    }
    expect(ids.size).toBe(1)
  })

  test('compressed layers go by what they inflate to', async () => {
    await using context = await testContext()
    const zip = (member: FileSpec): FileSpec =>
      String(member.path).endsWith('layer.tar')
        ? { ...member, content: compressed(member.content as Uint8Array, 'gzip') }
        : member
    await writeTar(context.path('old.tar'), members(zip))
    await using input = await open(context)
    const info = await input.inspect(testTask())
    expect(info.layers.map((layer) => layer.diffID)).toEqual(
      sampleImage().layers.map((layer) => layer.diffID),
    )
  })

  test('the layers read for it are in the index, so that nobody reads them again', async () => {
    await using context = await testContext()
    await writeTar(context.path('old.tar'), members())
    await using input = await open(context)
    expect([...context.index.layers.keys()]).toEqual(sampleImage().layers.map((layer) => layer.diffID))
    expect((await input.inspect(testTask())).layers).toHaveLength(2)
  })
})

describe('chains that lead nowhere', () => {
  const [first, second] = ['1'.repeat(64), '2'.repeat(64)]
  const link = (id: string, parent: string): FileSpec[] => [
    { path: `${id}/json`, content: JSON.stringify({ id, parent }) },
    { path: `${id}/layer.tar`, content: Buffer.alloc(1024) },
  ]
  const repositories = (id: string): FileSpec => ({
    path: 'repositories',
    content: JSON.stringify({ old: { '1': id } }),
  })

  test.each<[string, FileSpec[], string]>([
    ['round in a circle', [...link(first, second), ...link(second, first), repositories(first)], 'malformed'],
    ['to a layer that is not there', [...link(first, second), repositories(first)], 'missing-blob'],
    ['to a name that is no id', [...link(first, '../../etc'), repositories(first)], 'malformed'],
    ['from a name that is no id', [...link(first, ''), repositories('../../etc')], 'malformed'],
    ['from nothing', [...link(first, ''), { path: 'repositories', content: '{}' }], 'not-an-image'],
    [
      'on without end',
      [
        ...Array.from({ length: 1100 }, (_, i) =>
          link(i.toString(16).padStart(64, '0'), (i + 1).toString(16).padStart(64, '0')),
        ).flat(),
        repositories('0'.repeat(64)),
      ],
      'limit',
    ],
    [
      'to the description of another layer',
      [
        { path: `${first}/json`, content: JSON.stringify({ id: second }) },
        { path: `${first}/layer.tar`, content: Buffer.alloc(1024) },
        repositories(first),
      ],
      'malformed',
    ],
  ])('%s', async (_, files, code) => {
    await using context = await testContext()
    await writeTar(context.path('old.tar'), files)
    await expect(open(context)).rejects.toMatchObject({ code })
  })
})
