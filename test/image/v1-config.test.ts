import { expect, test } from 'vitest'
import { configFromV1, containerConfig, parseV1, type V1Step } from '../../main/image/v1-config.ts'
import { ImageError } from '../../shared/errors.ts'
import { sha256 } from '../support/digests.ts'

const A = `sha256:${'a'.repeat(64)}` as const
const B = `sha256:${'b'.repeat(64)}` as const

function step(value: unknown): V1Step {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return parseV1(Buffer.from(text), 'A step')
}

function config(steps: readonly V1Step[], diffIDs: readonly `sha256:${string}`[]): string {
  return Buffer.from(configFromV1(steps, diffIDs)).toString()
}

const BASE = {
  id: '1'.repeat(64),
  created: '2016-03-04T05:06:07.120000000Z',
  author: 'A <a@example.org>',
  container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD file:1 in / && true'] },
  Size: 5,
}

test('the topmost description is the config, without what only v1 had, with rootfs and history', () => {
  const top =
    `{"id":"${'2'.repeat(64)}","parent":"${'1'.repeat(64)}","created":"2016-03-04T05:06:08Z",` +
    `"docker_version":"1.9.1","architecture":"amd64","os":"linux","throwaway":true,` +
    `"config":{"Env":["A=<b>"],"Cmd":["sh"]},"container_config":{"Cmd":["/bin/sh","-c","#(nop) CMD [\\"sh\\"]"]},` +
    `"x":1.50}`
  expect(config([step(BASE), step(top)], [A])).toBe(
    '{"architecture":"amd64","config":{"Env":["A=\\u003cb\\u003e"],"Cmd":["sh"]},' +
      '"container_config":{"Cmd":["/bin/sh","-c","#(nop) CMD [\\"sh\\"]"]},"created":"2016-03-04T05:06:08Z",' +
      '"docker_version":"1.9.1","history":[{"created":"2016-03-04T05:06:07.12Z",' +
      '"author":"A \\u003ca@example.org\\u003e","created_by":"/bin/sh -c #(nop) ADD file:1 in / \\u0026\\u0026 true"},' +
      '{"created":"2016-03-04T05:06:08Z","created_by":"/bin/sh -c #(nop) CMD [\\"sh\\"]","empty_layer":true}],' +
      `"os":"linux","rootfs":{"type":"layers","diff_ids":["${A}"]},"x":1.50}`,
  )
})

test.each(['1.8.2', '1.7', '', 'garbage', undefined])(
  'of Docker %s every field is written anew, as its own struct has them',
  (version) => {
    const top = {
      created: '2015-03-04T05:06:08.5Z',
      ...(version === undefined ? {} : { docker_version: version }),
      architecture: 'amd64',
      os: 'linux',
      checksum: 'tarsum+sha256:x',
      config: { Cmd: ['sh'], Volumes: { '/b': {}, '/a': {} }, Memory: 5 },
    }
    const container =
      '"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,' +
      '"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,'
    expect(config([step(top)], [A])).toBe(
      `{"architecture":"amd64","config":{${container}"Cmd":["sh"],"Image":"","Volumes":{"/a":{},"/b":{}},` +
        `"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},` +
        `"container_config":{${container}"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,` +
        `"OnBuild":null,"Labels":null},"created":"2015-03-04T05:06:08.5Z",` +
        (version ? `"docker_version":${JSON.stringify(version)},` : '') +
        `"history":[{"created":"2015-03-04T05:06:08.5Z"}],"os":"linux","rootfs":{"type":"layers","diff_ids":["${A}"]}}`,
    )
  },
)

test.each(['1.8.3', '1.9', '1.10.0', '20.10.24', '1.8.3-rc1'])(
  'of Docker %s what is unknown stays',
  (version) => {
    expect(config([step({ docker_version: version, mine: [1, 2] })], [])).toContain('"mine":[1,2]')
  },
)

test('without layers there are no diffIDs, without a date there is the first of all', () => {
  expect(config([step({ docker_version: '17.3', throwaway: true })], [])).toBe(
    '{"docker_version":"17.3","history":[{"created":"0001-01-01T00:00:00Z","empty_layer":true}],"rootfs":{"type":"layers"}}',
  )
})

test.each([
  ['2016-03-04T05:06:07.000000000Z', '2016-03-04T05:06:07Z'],
  ['2016-03-04T05:06:07.100Z', '2016-03-04T05:06:07.1Z'],
  ['2016-03-04T05:06:07.001Z', '2016-03-04T05:06:07.001Z'],
  ['2016-03-04T05:06:07+00:00', '2016-03-04T05:06:07Z'],
  ['2016-03-04T05:06:07.50+02:00', '2016-03-04T05:06:07.5+02:00'],
])('the date %s is written as Go writes it: %s', (given, written) => {
  expect(step({ created: given }).created).toBe(written)
})

test('a container without any settings has all of them, empty', () => {
  const none = containerConfig(undefined)
  expect(containerConfig('null')).toBe(none)
  expect(containerConfig('{}')).toBe(none)
  expect(containerConfig('{"ExposedPorts":{},"StopSignal":"","Healthcheck":null}')).toBe(none)
  expect(containerConfig('{"ExposedPorts":{"80/tcp":{}},"StopTimeout":5}')).toContain(
    '"ExposedPorts":{"80/tcp":{}}',
  )
  expect(JSON.parse(none)).toMatchObject({ Hostname: '', Cmd: null, Labels: null })
})

test('the same steps give the same image ID, other ones another', () => {
  const id = (...args: Parameters<typeof configFromV1>): string => sha256(configFromV1(...args))
  expect(id([step(BASE)], [A])).toBe(id([step({ ...BASE, id: 'other', Size: 9 })], [A]))
  expect(id([step(BASE)], [A])).not.toBe(id([step(BASE)], [B]))
})

test.each(['', '[]', '"text"', '{"created":5}', '{"container_config":{"Cmd":"sh"}}', '{"a":1'])(
  'a description that is none (%j) is named',
  (text) => {
    expect(() => step(text)).toThrow(ImageError)
    expect(() => step(text)).toThrow(/A step/)
  },
)
