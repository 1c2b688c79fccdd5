import { expect, test } from 'vitest'
import { dockerSource, registrySource } from '../../main/cli/named-source.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

test.each<[registry: string, image: string, tag: string, expected: string]>([
  ['registry.example.org', 'team/app', '1.0', 'registry.example.org/team/app:1.0'],
  ['registry.example.org:5000', 'app', '1.0', 'registry.example.org:5000/app:1.0'],
  ['https://registry.example.org/', 'app', 'x', 'registry.example.org/app:x'],
  ['http://127.0.0.1:5000', 'app', 'x', '127.0.0.1:5000/app:x'],
  ['localhost', 'app', 'x', 'localhost/app:x'],
  // A name that says nothing of itself is a registry here all the same.
  ['registry', 'app', 'x', 'registry:443/app:x'],
  ['registry.example.org', 'app', DIGEST, `registry.example.org/app@${DIGEST}`],
  ['docker.io', 'debian', '12', 'docker.io/library/debian:12'],
  ['index.docker.io', 'library/debian', '12', 'docker.io/library/debian:12'],
  ['registry-1.docker.io', 'library/debian', '12', 'docker.io/library/debian:12'],
  ['https://registry-1.docker.io', 'team/app', '12', 'docker.io/team/app:12'],
  ['registry.hub.docker.com', 'team/app', '12', 'docker.io/team/app:12'],
])('%s %s %s is %s', (registry, image, tag, expected) => {
  expect(registrySource(registry, image, tag)).toEqual({ kind: 'registry', image: expected })
})

test.each([
  ['registry.example.org', 'Team/App', '1'],
  ['registry.example.org', 'app', 'a tag'],
  ['registry.example.org', 'app', 'sha256:short'],
  ['regi stry', 'app', '1'],
  ['', 'app', '1'],
  ['registry.example.org', '', '1'],
  ['registry.example.org', '../app', '1'],
])('%j %j %j is wrong usage', (registry, image, tag) => {
  expect(() => registrySource(registry, image, tag)).toThrow(expect.objectContaining({ code: 'usage' }))
})

test('an image of an engine goes by name and tag, or by ID alone', () => {
  expect(dockerSource('debian', '12', undefined)).toEqual({ kind: 'docker', image: 'debian:12' })
  expect(dockerSource('debian', DIGEST, '/run/x.sock')).toEqual({
    kind: 'docker',
    image: `debian@${DIGEST}`,
    socket: '/run/x.sock',
  })
  expect(dockerSource(DIGEST, 'latest', undefined)).toEqual({ kind: 'docker', image: DIGEST })
  expect(dockerSource('a'.repeat(64), 'latest', undefined)).toEqual({ kind: 'docker', image: 'a'.repeat(64) })
})
