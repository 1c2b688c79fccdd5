import { array, assert, boolean, constant, property, record, string, stringMatching, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../shared/errors.ts'
import {
  absolutePath,
  formatDestination,
  formatFilter,
  formatSource,
  parseDestination,
  parseFilter,
  parseSource,
} from '../../shared/source-uri.ts'
import { destinationSpecSchema, type DestinationSpec, type SourceSpec } from '../../shared/uri.ts'

const CWD = '/home/user'

describe('a source URI', () => {
  const cases: readonly (readonly [string, SourceSpec])[] = [
    ['tar://a.tar', { kind: 'tar', path: '/home/user/a.tar' }],
    ['tar:///a b/c.tar', { kind: 'tar', path: '/a b/c.tar' }],
    ['tar://../x/./a.tar', { kind: 'tar', path: '/home/x/a.tar' }],
    ['tar:///a.tar?image=quay.io/a/b:1', { kind: 'tar', path: '/a.tar', image: 'quay.io/a/b:1' }],
    ['tar:///100%.tar', { kind: 'tar', path: '/100%.tar' }],
    ['tar:///a%20b%3Fc%253F.tar', { kind: 'tar', path: '/a%20b?c%3F.tar' }],
    [
      'tar:///a.tar?os=linux&arch=arm&variant=v7',
      { kind: 'tar', path: '/a.tar', platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    ],
    ['layout://d?ref=latest', { kind: 'layout', path: '/home/user/d', image: 'latest' }],
    ['dir://d?image=a/b&tag=1', { kind: 'dir', path: '/home/user/d', image: 'a/b', tag: '1' }],
    ['registry://debian', { kind: 'registry', image: 'docker.io/library/debian:latest' }],
    [
      `registry://quay.io/a/b@sha256:${'1'.repeat(64)}`,
      { kind: 'registry', image: `quay.io/a/b@sha256:${'1'.repeat(64)}` },
    ],
    [
      'registry://localhost:5000/a:1?arch=arm64&insecure=true&max_workers=8&foreign=true',
      {
        kind: 'registry',
        image: 'localhost:5000/a:1',
        platform: { architecture: 'arm64' },
        insecure: true,
        maxWorkers: 8,
        foreign: true,
      },
    ],
    ['docker://debian:12', { kind: 'docker', image: 'debian:12' }],
    [
      'docker://debian:12?socket=/run/podman/podman.sock',
      { kind: 'docker', image: 'debian:12', socket: '/run/podman/podman.sock' },
    ],
  ]
  for (const [text, spec] of cases)
    it(text, () => {
      expect(parseSource(text, CWD)).toEqual(spec)
      expect(parseSource(formatSource(spec), '/elsewhere')).toEqual(spec)
    })

  const wrong: readonly (readonly [string, RegExp])[] = [
    [
      'a.tar',
      /tar:\/\/PATH, layout:\/\/PATH, dir:\/\/PATH, registry:\/\/HOST\/IMAGE:TAG, docker:\/\/IMAGE:TAG/,
    ],
    ['registry://Debian:12', /lower case/],
    ['registry://', /names no image.*registry:\/\/HOST\/IMAGE:TAG/],
    ['registry://debian?max_workers=0', /not a number of workers/],
    ['docker://', /names no image/],
    ['docker://x?image=y', /unknown option image/],
    ['tar://', /names no path/],
    ['tar://a?image=x&image=y', /gives the option image twice/],
    ['tar://a?tag=x', /unknown option tag\. Options here: image, os, arch, variant\./],
    ['tar://a?image=', /no value for image/],
    ['tar://a?image=%zz', /not a value/],
  ]
  for (const [text, words] of wrong)
    it(`refuses ${text}`, () => {
      const report = failureOf(() => parseSource(text, CWD))
      expect(report.code).toBe('usage')
      expect(`${report.message} ${report.remedy}`).toMatch(words)
    })
})

describe('a destination URI', () => {
  const cases: readonly (readonly [string, DestinationSpec])[] = [
    ['tar://a.tar', { kind: 'tar', path: '/home/user/a.tar', compression: 'none', overwrite: true }],
    [
      'tar:///a.tar?reference=debian:12&compression=zstd&overwrite=false',
      { kind: 'tar', path: '/a.tar', reference: 'debian:12', compression: 'zstd', overwrite: false },
    ],
    ['dir://d', { kind: 'dir', path: '/home/user/d', uniqueNames: false }],
    ['dir://d?unique_names=TRUE', { kind: 'dir', path: '/home/user/d', uniqueNames: true }],
    ['dir://d?expand=true', { kind: 'dir', path: '/home/user/d', uniqueNames: false, expand: true }],
    ['mounts://m', { kind: 'mounts', path: '/home/user/m', mount: false }],
    [
      'mounts:///m?mount=true&reference=debian:12',
      { kind: 'mounts', path: '/m', mount: true, reference: 'debian:12' },
    ],
    [
      'oci://b',
      { kind: 'oci', path: '/home/user/b', terminal: false, readOnly: false, env: [], allLabels: false },
    ],
    [
      'oci:///b?terminal=true&read_only=true&hostname=box&env=A=1&env=B=%26=2&env=C=&arg=sh&arg=-c&arg=&arg=a%20b&rootless=false&all_labels=true&reference=debian:12',
      {
        kind: 'oci',
        path: '/b',
        reference: 'debian:12',
        terminal: true,
        readOnly: true,
        hostname: 'box',
        env: ['A=1', 'B=&=2', 'C='],
        args: ['sh', '-c', '', 'a b'],
        rootless: false,
        allLabels: true,
      },
    ],
  ]
  for (const [text, spec] of cases)
    it(text, () => {
      expect(parseDestination(text, CWD)).toEqual(spec)
      expect(parseDestination(formatDestination(spec), '/elsewhere')).toEqual(spec)
    })

  for (const text of [
    'mounts://',
    'mounts://x?umount=true',
    'layout://x',
    'oci://',
    'oci://x?env=A',
    'oci://x?env==1',
    'oci://x?env',
    'oci://x?hostname=',
    'oci://x?hostname=a&hostname=b',
    'oci://x?hostname=a_b',
    'oci://x?hostname=-a',
    'oci://x?hostname=a..b',
    'oci://x?hostname=b%C3%B6x',
    'oci://x?hostname=a%0A',
    `oci://x?hostname=${'a'.repeat(65)}`,
    'oci://x?env=A=%00',
    'oci://x?env=A=1%0AB=2',
    'oci://x?arg=sh&arg=a%00b',
    'oci://x?terminal=maybe',
    'oci://x?compression=gzip',
    'dir://x?shrink=true',
    'tar://x?compression=xz',
    'dir://x?unique_names=2',
  ])
    it(`refuses ${text}`, () => {
      expect(failureOf(() => parseDestination(text, CWD)).code).toBe('usage')
    })
})

describe('a bundle that came as data', () => {
  const isTaken = (options: object): boolean =>
    destinationSpecSchema.safeParse({ kind: 'oci', path: '/b', ...options }).success

  it.each([
    {},
    { hostname: 'a' },
    { hostname: 'Box-1.lab.9' },
    { hostname: 'a'.repeat(64) },
    { env: ['A=', 'B=ü ='] },
    { args: ['', 'a\nb'] },
  ])('is taken with %o', (options) => {
    expect(isTaken(options)).toBe(true)
  })

  it.each([
    { hostname: '' },
    { hostname: 'a_b' },
    { hostname: 'a b' },
    { hostname: 'a-' },
    { hostname: '.a' },
    { hostname: 'a\n' },
    { hostname: 'bö' },
    { hostname: 'a'.repeat(65) },
    { env: ['A'] },
    { env: ['=1'] },
    { env: ['A=\0'] },
    { env: ['A=1\nB=2'] },
    { args: [] },
    { args: ['a\0'] },
  ])('is refused with %o', (options) => {
    expect(isTaken(options)).toBe(false)
  })
})

describe('a filter', () => {
  it('is read and written', () => {
    expect(parseFilter('normalize-timestamps')).toEqual({ kind: 'normalize-timestamps', timestamp: 0 })
    expect(parseFilter('normalize-timestamps:ts=7')).toEqual({ kind: 'normalize-timestamps', timestamp: 7 })
    expect(formatFilter({ kind: 'normalize-timestamps', timestamp: 7 })).toBe('normalize-timestamps:ts=7')
    const search = { kind: 'search', isRegex: false, isScriptFriendly: false } as const
    for (const [text, spec] of [
      ['search:pattern=*.pem', { ...search, pattern: '*.pem' }],
      ['search:pattern=etc/[a-c]*', { ...search, pattern: 'etc/[a-c]*' }],
      ['search:pattern=a{1%2C2}$,regex=true', { ...search, pattern: 'a{1,2}$', isRegex: true }],
      [
        'search:pattern=100%25 %3D,script_friendly=true',
        { ...search, pattern: '100% =', isScriptFriendly: true },
      ],
    ] as const) {
      expect(parseFilter(text)).toEqual(spec)
      expect(parseFilter(formatFilter(spec))).toEqual(spec)
    }
  })

  for (const text of [
    '',
    'exclude',
    'normalize-timestamps:7',
    'search',
    'search:pattern=',
    'search:regex=true',
    'search:pattern=a,regex=maybe',
    'search:pattern=a,case=true',
    'normalize-timestamps:ts=-1',
    'normalize-timestamps:ts=1.5',
    'normalize-timestamps:ts=999999999999',
  ])
    it(`refuses "${text}"`, () => {
      expect(failureOf(() => parseFilter(text)).code).toBe('usage')
    })
})

describe('any path and any name', () => {
  const path = string({ unit: 'grapheme', minLength: 1 })
    .map((text) => absolutePath(text, '/'))
    .filter((text) => text !== '/')
  const word = string({ unit: 'grapheme', minLength: 1 })

  it('survive the way through a source URI', () => {
    assert(
      property(path, word, word, (path, image, tag) => {
        for (const spec of [
          { kind: 'tar', path, image },
          { kind: 'layout', path, image },
          { kind: 'dir', path, image, tag },
        ] as const)
          expect(parseSource(formatSource(spec), '/other')).toEqual(spec)
      }),
    )
  })

  it('survive the way through a destination URI', () => {
    assert(
      property(path, word, boolean(), (path, reference, flag) => {
        for (const spec of [
          { kind: 'tar', path, reference, compression: 'gzip', overwrite: flag },
          { kind: 'dir', path, reference, uniqueNames: flag },
        ] as const)
          expect(parseDestination(formatDestination(spec), '/other')).toEqual(spec)
      }),
    )
  })

  it('survive the way through the URI of a bundle', () => {
    const text = string({ unit: 'grapheme' }).filter((text) => !/[\0\n]/.test(text))
    const variable = tuple(
      text.filter((name) => name !== '' && !name.includes('=')),
      text,
    ).map(([name, value]) => `${name}=${value}`)
    const anyWord = string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
    const spec = record(
      {
        kind: constant('oci' as const),
        path,
        terminal: boolean(),
        readOnly: boolean(),
        env: array(variable, { maxLength: 4 }),
        allLabels: boolean(),
        reference: word,
        hostname: stringMatching(/^[a-zA-Z0-9]{1,9}(?:[.-][a-zA-Z0-9]{1,9}){0,4}$/),
        args: array(anyWord, { minLength: 1, maxLength: 4 }),
        rootless: boolean(),
      },
      { requiredKeys: ['kind', 'path', 'terminal', 'readOnly', 'env', 'allLabels'] },
    )
    assert(
      property(spec, (spec) => {
        expect(parseDestination(formatDestination(spec), '/other')).toEqual(spec)
      }),
    )
  })
})

it('paths of Windows are left as they are', () => {
  expect(absolutePath('C:\\images\\a.tar', 'D:\\work')).toBe('C:\\images\\a.tar')
  expect(absolutePath('a.tar', 'D:\\work')).toBe('D:\\work\\a.tar')
})

function failureOf(work: () => unknown) {
  try {
    work()
  } catch (error) {
    return reportOf(error)
  }
  throw new Error('it did not fail')
}
