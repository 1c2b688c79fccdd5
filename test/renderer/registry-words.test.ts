import { describe, expect, test } from 'vitest'
import {
  askedOf,
  completionOf,
  fitting,
  newestTagsFirst,
  referenceText,
  registryOf,
  withUsed,
} from '../../renderer/registries/completion.ts'

const registries = [
  { name: 'registry.example:5000', insecure: false },
  { name: 'docker.io', insecure: false },
]

describe('what a text is completed by', () => {
  test.each([
    ['', { kind: 'registries' }, ''],
    ['reg', { kind: 'registries' }, 'reg'],
    // A port that is being typed, not a tag.
    ['registry.example:50', { kind: 'registries' }, 'registry.example:50'],
    ['localhost:', { kind: 'registries' }, 'localhost:'],
    ['registry.example:5000/', { kind: 'repositories', registry: 'registry.example:5000' }, ''],
    ['localhost/te', { kind: 'repositories', registry: 'localhost' }, 'te'],
    ['registry.example:5000/team/a', { kind: 'repositories', registry: 'registry.example:5000' }, 'team/a'],
    // A name of Docker Hub, which lists none.
    ['library/deb', { kind: 'nothing' }, ''],
    ['debian:', { kind: 'tags', image: 'debian' }, ''],
    ['debian:1', { kind: 'tags', image: 'debian' }, '1'],
    ['registry.example:5000/team/app:v', { kind: 'tags', image: 'registry.example:5000/team/app' }, 'v'],
    ['registry.example:5000/Team/app:v', { kind: 'nothing' }, 'v'],
    ['debian@sha256:12', { kind: 'nothing' }, ''],
  ])('“%s”', (text, question, typed) => {
    const completion = completionOf(text, registries)
    expect(completion.question).toEqual(question)
    expect(completion.typed).toBe(typed)
  })

  test('taking a name goes on to the next part', () => {
    expect(completionOf('reg', registries).take('registry.example:5000')).toBe('registry.example:5000/')
    expect(completionOf('a.example/te', registries).take('team/app')).toBe('a.example/team/app:')
    expect(completionOf('a.example/team/app:1', registries).take('1.2')).toBe('a.example/team/app:1.2')
  })
})

test('names that start as typed come first, then those that contain it', () => {
  expect(fitting(['web-app', 'app', 'team', 'App-2'], 'app')).toEqual(['app', 'App-2', 'web-app'])
  expect(fitting(['app'], 'app')).toEqual([])
  expect(
    fitting(
      Array.from({ length: 500 }, (_, at) => `a${at}`),
      'a',
    ),
  ).toHaveLength(100)
})

test('tags stand as one looks for them', () => {
  expect(
    newestTagsFirst([
      '1.9',
      'edge',
      '1.10-rc1',
      '2',
      '1.10',
      'latest',
      'v3.0',
      '1.10.2',
      '1',
      'alpine10',
      'alpine9',
    ]),
  ).toEqual(['latest', 'v3.0', '2', '1', '1.10', '1.10-rc1', '1.10.2', '1.9', 'alpine9', 'alpine10', 'edge'])
})

test.each([
  ['  debian:12 ', 'debian:12'],
  ['docker pull debian:12', 'debian:12'],
  ['https://registry.example/team/app', 'registry.example/team/app'],
  ['docker://debian', 'debian'],
  ['registry.example/team/app:', 'registry.example/team/app'],
])('“%s” is looked up as “%s”', (text, reference) => {
  expect(referenceText(text)).toBe(reference)
})

test('a tag is put in where none is, a digest stays', () => {
  expect(askedOf('debian')).toEqual({ image: 'docker.io/library/debian:latest', registry: 'docker.io' })
  const digest = `sha256:${'a'.repeat(64)}`
  expect(askedOf(`localhost:5000/a@${digest}`)).toEqual({
    image: `localhost:5000/a@${digest}`,
    registry: 'localhost:5000',
  })
  expect(() => askedOf('Not A Name')).toThrow(/not an image reference/)
  expect(registryOf('Not A Name')).toBe('')
})

test('the registry that was used comes first, once, and twelve are kept', () => {
  const used = { name: 'docker.io', insecure: true }
  expect(withUsed(registries, used)).toEqual([used, registries[0]])
  const many = Array.from({ length: 12 }, (_, at) => ({ name: `r${at}.example`, insecure: false }))
  expect(withUsed(many, used).map(({ name }) => name)).toEqual([
    'docker.io',
    ...many.slice(0, 11).map(({ name }) => name),
  ])
})
