import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { currentContext, dockerContexts, parsed } from './docker-contexts.ts'
import { parseEngineAddress, type EngineAddress } from './engine-address.ts'
import { hostFiles, type HostFiles } from './host-files.ts'

/** A place where an engine is, or may be. */
export interface EngineHost {
  readonly address: EngineAddress
  readonly name: string
  /** What led to it. */
  readonly origin: string
  /** Said by the user, not merely a usual place: listed even where nothing is there. */
  readonly isConfigured: boolean
  /** The one that is meant where none is named: of DOCKER_HOST, or else of the current context. */
  readonly isPreferred: boolean
  readonly certificates?: EngineCertificates
}

export interface EngineCertificates {
  /** A folder with ca.pem, cert.pem and key.pem, each there or not. */
  readonly folder: string
  /** The engine's own certificate is not looked at. */
  readonly isUnchecked: boolean
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly platform: NodeJS.Platform
  readonly uid: number | undefined
  readonly files: HostFiles
}

export function surroundings(): Surroundings {
  return {
    env: process.env,
    home: homedir(),
    platform: process.platform,
    uid: process.getuid?.(),
    files: hostFiles,
  }
}

/**
 * Every place where an engine is said to be or usually is, each once, what the user said first. One socket goes by several names
 * (`/run/docker.sock`, a desktop product's link in `/var/run`); the first of them counts.
 */
export function engineHosts(around: Surroundings): EngineHost[] {
  const hosts = new Map<string, EngineHost>()
  for (const host of [...fromVariables(around), ...fromContexts(around), ...usualPlaces(around)]) {
    const key = identityOf(host.address, around.files)
    const known = hosts.get(key)
    if (!known) hosts.set(key, host)
    else if (host.isPreferred && !known.isPreferred)
      hosts.set(key, { ...known, isPreferred: ![...hosts.values()].some((other) => other.isPreferred) })
  }
  return [...hosts.values()]
}

/** Two addresses of one socket have the same. */
export function identityOf(address: EngineAddress, files: HostFiles): string {
  return address.kind === 'socket' ? files.real(address.path) : address.text
}

/** DOCKER_HOST and DOCKER_CONTEXT exclude each other; for the docker command the host wins. */
function fromVariables({ env }: Surroundings): EngineHost[] {
  const hosts: EngineHost[] = []
  const host = env['DOCKER_HOST']
  const address = host ? addressOf(host) : undefined
  if (address) {
    const folder = env['DOCKER_TLS_VERIFY'] || env['DOCKER_TLS'] ? env['DOCKER_CERT_PATH'] : undefined
    const isSecure = Boolean(env['DOCKER_TLS_VERIFY'] || env['DOCKER_TLS'])
    hosts.push({
      address: isSecure ? secured(address) : address,
      name: nameOf(address),
      origin: 'DOCKER_HOST',
      isConfigured: true,
      isPreferred: true,
      ...(folder ? { certificates: { folder, isUnchecked: !env['DOCKER_TLS_VERIFY'] } } : {}),
    })
  }
  const container = env['CONTAINER_HOST']
  const podman = container ? addressOf(container) : undefined
  if (podman)
    hosts.push({
      address: podman,
      name: 'Podman',
      origin: 'CONTAINER_HOST',
      isConfigured: true,
      isPreferred: false,
    })
  return hosts
}

function fromContexts(around: Surroundings): EngineHost[] {
  const { env, files, home } = around
  const folder = env['DOCKER_CONFIG'] || join(home, '.docker')
  const current = env['DOCKER_HOST'] ? undefined : env['DOCKER_CONTEXT'] || currentContext(folder, files)
  const contexts = dockerContexts(folder, files).flatMap((context): EngineHost[] => {
    const address = addressOf(context.host)
    if (!address) return []
    const isSecure = files.exists(join(context.certificates, 'ca.pem')) || context.isUnchecked
    return [
      {
        address: isSecure ? secured(address) : address,
        name: context.name,
        origin: `Docker context “${context.name}”`,
        isConfigured: true,
        isPreferred: context.name === current,
        ...(isSecure
          ? { certificates: { folder: context.certificates, isUnchecked: context.isUnchecked } }
          : {}),
      },
    ]
  })
  return [...contexts, ...fromPodman(around)]
}

const connectionsSchema = z.object({
  Connection: z.object({ Connections: z.record(z.string(), z.object({ URI: z.string() })).nullish() }),
})

/** Podman's own list of engines elsewhere (podman-system-connection(1)). */
function fromPodman({ env, home, files }: Surroundings): EngineHost[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  const text = files.read(join(config, 'containers', 'podman-connections.json'))
  const connections = connectionsSchema.safeParse(parsed(text)).data?.Connection.Connections ?? {}
  return Object.entries(connections).flatMap(([name, { URI }]) => {
    const address = addressOf(URI)
    if (!address) return []
    const origin = `Podman connection “${name}”`
    return [{ address, name, origin, isConfigured: true, isPreferred: false }]
  })
}

/** Where products listen unless told otherwise; a place without a file is left out. */
function usualPlaces(around: Surroundings): EngineHost[] {
  const { platform, files } = around
  const places = platform === 'win32' ? WINDOWS_PIPES : unixPlaces(around)
  return places
    .filter(([path]) => platform === 'win32' || files.exists(path))
    .map(([path, name]) => ({
      address: parseEngineAddress(platform === 'win32' ? `npipe://${path}` : path),
      name,
      origin: platform === 'win32' ? `npipe://${path}` : path,
      isConfigured: false,
      isPreferred: false,
    }))
}

type Place = readonly [path: string, name: string]

const WINDOWS_PIPES: readonly Place[] = [
  ['//./pipe/docker_engine', 'Docker'],
  ['//./pipe/dockerDesktopLinuxEngine', 'Docker Desktop'],
  ['//./pipe/podman-machine-default', 'Podman machine'],
]

function unixPlaces({ env, home, uid, files }: Surroundings): Place[] {
  const runtime = env['XDG_RUNTIME_DIR'] || (uid === undefined ? undefined : `/run/user/${uid}`)
  const inRuntime = (name: string, title: string): Place[] =>
    runtime === undefined ? [] : [[join(runtime, name), title]]
  const each = (folder: string, rest: string, title: string): Place[] =>
    files
      .list(join(home, folder))
      .map((name) => [join(home, folder, name, rest), `${title} (${name})`] as const)
  return [
    ['/var/run/docker.sock', 'Docker'],
    ...inRuntime('docker.sock', 'Docker (rootless)'),
    [join(home, '.docker/run/docker.sock'), 'Docker Desktop'],
    [join(home, '.docker/desktop/docker.sock'), 'Docker Desktop'],
    [join(home, '.orbstack/run/docker.sock'), 'OrbStack'],
    [join(home, '.rd/docker.sock'), 'Rancher Desktop'],
    ...each('.colima', 'docker.sock', 'colima'),
    ...each('.config/colima', 'docker.sock', 'colima'),
    ...each('.lima', 'sock/docker.sock', 'Lima'),
    ...each('.lima', 'sock/podman.sock', 'Lima'),
    ['/run/podman/podman.sock', 'Podman'],
    ...inRuntime('podman/podman.sock', 'Podman (rootless)'),
    ...podmanMachines({ env, home, files }),
  ]
}

/** Podman's virtual machines keep their sockets beside their state, and on a Mac in the user's temporary folder. */
function podmanMachines({ env, home, files }: Pick<Surroundings, 'env' | 'home' | 'files'>): Place[] {
  const state = join(home, '.local/share/containers/podman/machine')
  const inState = files.list(state).map((name) => join(state, name, 'podman.sock'))
  const temporary = join(env['TMPDIR'] || '/tmp', 'podman')
  const inTemporary = files.list(temporary).filter((name) => name.endsWith('-api.sock'))
  return [join(state, 'podman.sock'), ...inState, ...inTemporary.map((name) => join(temporary, name))].map(
    (path) => [path, 'Podman machine'] as const,
  )
}

/** What nobody can read leads nowhere; it is not for a list of engines to fail over. */
function addressOf(text: string): EngineAddress | undefined {
  try {
    return parseEngineAddress(text)
  } catch {
    return undefined
  }
}

function secured(address: EngineAddress): EngineAddress {
  return address.kind === 'tcp' ? { ...address, isSecure: true } : address
}

function nameOf(address: EngineAddress): string {
  if (address.kind !== 'socket') return address.host
  return address.text.includes('podman') ? 'Podman' : 'Docker'
}
