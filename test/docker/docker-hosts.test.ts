import { describe, expect, test } from 'vitest'
import { hostAt } from '../../main/docker/choose-engine.ts'
import { engineHosts, type Surroundings } from '../../main/docker/docker-hosts.ts'
import { parseEngineAddress } from '../../main/docker/engine-address.ts'
import { sshArguments } from '../../main/docker/ssh-agent.ts'
import { sha256 } from '../support/digests.ts'

/** A machine of nothing but these files; a value that starts with `->` is a link. */
function machine(
  files: Readonly<Record<string, string>>,
  more: Partial<Omit<Surroundings, 'files'>> = {},
): Surroundings {
  const paths = Object.keys(files)
  return {
    env: {},
    home: '/home/me',
    platform: 'linux',
    uid: 1000,
    ...more,
    files: {
      read: (path) => files[path],
      list: (folder) => {
        const below = paths.filter((path) => path.startsWith(`${folder}/`))
        return [...new Set(below.map((path) => path.slice(folder.length + 1).split('/')[0]!))].sort()
      },
      exists: (path) => path in files,
      real: (path) => (files[path]?.startsWith('->') ? files[path].slice(2) : path),
    },
  }
}

function found(around: Surroundings): string[] {
  return engineHosts(around).map(
    ({ address, name, origin, isPreferred }) =>
      `${address.text} ${name} (${origin})${isPreferred ? ' preferred' : ''}`,
  )
}

function context(name: string, host: string, more: object = {}): Record<string, string> {
  const id = sha256(name).slice(7)
  const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, ...more } } }
  return { [`/home/me/.docker/contexts/meta/${id}/meta.json`]: JSON.stringify(meta) }
}

describe('engines are looked for', () => {
  test('nowhere in vain: a usual place without a file is not listed', () => {
    expect(found(machine({}))).toEqual([])
  })

  test('in the usual places', () => {
    const places = [
      '/var/run/docker.sock',
      '/run/user/1000/docker.sock',
      '/home/me/.docker/run/docker.sock',
      '/home/me/.docker/desktop/docker.sock',
      '/home/me/.orbstack/run/docker.sock',
      '/home/me/.rd/docker.sock',
      '/home/me/.colima/default/docker.sock',
      '/home/me/.lima/docker/sock/docker.sock',
      '/run/podman/podman.sock',
      '/run/user/1000/podman/podman.sock',
      '/home/me/.local/share/containers/podman/machine/qemu/podman.sock',
      '/tmp/podman/podman-machine-default-api.sock',
    ]
    const around = machine(Object.fromEntries(places.map((path) => [path, ''])))
    expect(engineHosts(around).map(({ address }) => address.text)).toEqual(places)
    expect(engineHosts(around).map(({ name }) => name)).toEqual([
      'Docker',
      'Docker (rootless)',
      'Docker Desktop',
      'Docker Desktop',
      'OrbStack',
      'Rancher Desktop',
      'colima (default)',
      'Lima (docker)',
      'Podman',
      'Podman (rootless)',
      'Podman machine',
      'Podman machine',
    ])
  })

  test('under XDG_RUNTIME_DIR where it is set', () => {
    const around = machine({ '/r/podman/podman.sock': '' }, { env: { XDG_RUNTIME_DIR: '/r' } })
    expect(found(around)).toEqual(['/r/podman/podman.sock Podman (rootless) (/r/podman/podman.sock)'])
  })

  test('behind Windows pipes', () => {
    expect(engineHosts(machine({}, { platform: 'win32' })).map(({ address }) => address.text)).toEqual([
      'npipe:////./pipe/docker_engine',
      'npipe:////./pipe/dockerDesktopLinuxEngine',
      'npipe:////./pipe/podman-machine-default',
    ])
  })

  test('where DOCKER_HOST says, there or not, before all others', () => {
    const around = machine(
      { '/var/run/docker.sock': '' },
      { env: { DOCKER_HOST: 'unix:///elsewhere.sock', CONTAINER_HOST: 'unix:///podman.sock' } },
    )
    expect(found(around)).toEqual([
      '/elsewhere.sock Docker (DOCKER_HOST) preferred',
      '/podman.sock Podman (CONTAINER_HOST)',
      '/var/run/docker.sock Docker (/var/run/docker.sock)',
    ])
  })

  test('in contexts, of which one is current', () => {
    const around = machine({
      ...context('colima', 'unix:///home/me/.colima/default/docker.sock'),
      ...context('far', 'ssh://admin@build.example.org:2222'),
      '/home/me/.docker/config.json': '{"currentContext":"far"}',
      '/home/me/.colima/default/docker.sock': '',
    })
    expect(found(around).sort()).toEqual([
      '/home/me/.colima/default/docker.sock colima (Docker context “colima”)',
      'ssh://admin@build.example.org:2222 far (Docker context “far”) preferred',
    ])
    const chosen = { ...around, env: { DOCKER_CONTEXT: 'colima' } }
    expect(found(chosen).filter((line) => line.endsWith('preferred'))).toEqual([
      '/home/me/.colima/default/docker.sock colima (Docker context “colima”) preferred',
    ])
    const overruled = { ...around, env: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } }
    expect(found(overruled).filter((line) => line.endsWith('preferred'))).toEqual([
      'tcp://10.0.0.1:2375 10.0.0.1 (DOCKER_HOST) preferred',
    ])
  })

  test('over TLS with the certificates of their context, or of DOCKER_CERT_PATH', () => {
    const folder = `/home/me/.docker/contexts/tls/${sha256('far').slice(7)}/docker`
    const around = machine({ ...context('far', 'tcp://far:9999'), [`${folder}/ca.pem`]: 'pem' })
    expect(hostAt('tcp://far:9999', around)).toMatchObject({
      address: { isSecure: true },
      certificates: { folder, isUnchecked: false },
    })
    const env = { DOCKER_HOST: 'tcp://near:9999', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }
    expect(engineHosts(machine({}, { env }))).toMatchObject([
      { address: { isSecure: true }, certificates: { folder: '/certs', isUnchecked: false } },
    ])
    expect(hostAt('tcp://other:9999', around).certificates).toBeUndefined()
  })

  test('in Podman’s own list', () => {
    const connections = {
      Connection: {
        Default: 'a',
        Connections: { a: { URI: 'ssh://core@localhost:53685/run/user/501/podman/podman.sock' } },
      },
    }
    const around = machine({
      '/home/me/.config/containers/podman-connections.json': JSON.stringify(connections),
    })
    expect(found(around)).toEqual([
      'ssh://core@localhost:53685/run/user/501/podman/podman.sock a (Podman connection “a”)',
    ])
  })

  test('and one that goes by several names is listed once', () => {
    const around = machine({
      '/var/run/docker.sock': '->/home/me/.docker/run/docker.sock',
      '/home/me/.docker/run/docker.sock': '',
      ...context('desktop-linux', 'unix:///home/me/.docker/run/docker.sock'),
      '/home/me/.docker/config.json': '{"currentContext":"desktop-linux"}',
    })
    expect(found(around)).toEqual([
      '/home/me/.docker/run/docker.sock desktop-linux (Docker context “desktop-linux”) preferred',
    ])
  })

  test('past files that make no sense', () => {
    const around = machine(
      {
        '/home/me/.docker/config.json': '{"currentContext":',
        '/home/me/.docker/contexts/meta/x/meta.json': '[]',
        ...context('odd', 'gopher://x'),
        '/home/me/.config/containers/podman-connections.json': '{}',
      },
      { env: { DOCKER_HOST: 'what is this' } },
    )
    expect(found(around)).toEqual([])
  })
})

describe('an address', () => {
  test.each([
    ['/var/run/docker.sock', '/var/run/docker.sock'],
    ['unix:///x.sock', '/x.sock'],
    ['unix://', '/var/run/docker.sock'],
    ['tcp://host', 'tcp://host:2375'],
    ['tcp://:2375', 'tcp://127.0.0.1:2375'],
    ['host:2375', 'tcp://host:2375'],
    ['tcp://user:secret@host:2375/prefix/', 'tcp://host:2375/prefix'],
    ['https://host', 'https://host:443'],
    ['npipe:////./pipe/docker_engine', 'npipe:////./pipe/docker_engine'],
    ['ssh://me:secret@host', 'ssh://me@host'],
    ['ssh://host/run/podman/podman.sock', 'ssh://host/run/podman/podman.sock'],
  ])('%s is %s', (text, canonical) => {
    expect(parseEngineAddress(text).text).toBe(canonical)
  })

  test.each(['', 'gopher://x', 'ssh://-oProxyCommand=x/', 'ssh://-l@host', 'ssh://host/a b;c', 'tcp://'])(
    '“%s” is none, and what is said of it holds no secret',
    (text) => {
      expect(() => parseEngineAddress(text)).toThrow(/is not the address of an engine/)
    },
  )

  test('is never said with its password', () => {
    expect(() => parseEngineAddress('gopher://me:secret@host')).toThrow(/^(?!.*secret)/)
  })

  test('over ssh is no more than arguments', () => {
    const address = parseEngineAddress('ssh://me@[::1]:22/run/podman/podman.sock')
    expect(sshArguments(address as Extract<typeof address, { kind: 'ssh' }>).slice(-7)).toEqual([
      '-l',
      'me',
      '-p',
      '22',
      '--',
      '::1',
      'podman --url unix:///run/podman/podman.sock system dial-stdio',
    ])
  })
})
