import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'

/** Where an engine listens. `text` is its one canonical form: the same for every way of writing it, and free of secrets. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly isSecure: boolean
      /** What stands before every path of the API, behind a proxy; empty as a rule. */
      readonly prefix: string
      readonly text: string
    }
  | {
      readonly kind: 'ssh'
      readonly host: string
      readonly port: number | undefined
      readonly user: string | undefined
      /** The engine's socket on that machine, where it is not the usual one. */
      readonly path: string
      readonly text: string
    }

const DEFAULT_SOCKET = '/var/run/docker.sock'
const DEFAULT_PIPE = '//./pipe/docker_engine'
const PORTS = { tcp: 2375, http: 80, https: 443 } as const
/** Docker's port for TLS; dockerd and its clients agree on it (IANA). */
const TLS_PORT = 2376

/** A path, or `unix://`, `npipe://`, `tcp://`, `http(s)://` or `ssh://` and an address, or `host:port` as DOCKER_HOST may have it. */
export function parseEngineAddress(text: string): EngineAddress {
  if (/^(?:\/|\.{1,2}\/)/.test(text)) return socketAt(text)
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  switch (scheme) {
    case 'unix':
      return socketAt(rest || DEFAULT_SOCKET)
    case 'npipe':
      return pipeAt(rest.replaceAll('\\', '/') || DEFAULT_PIPE)
    case 'tcp':
    case 'http':
    case 'https':
      return tcpAt(text, scheme)
    case 'ssh':
      return sshAt(text)
    default:
      if (scheme === '' && /^[\w.-]*:\d{1,5}$/.test(text)) return tcpAt(`tcp://${text}`, 'tcp')
      throw unknown(text)
  }
}

function socketAt(path: string): EngineAddress {
  return { kind: 'socket', path, text: path }
}

function pipeAt(path: string): EngineAddress {
  return { kind: 'socket', path, text: `npipe://${path}` }
}

function tcpAt(text: string, scheme: keyof typeof PORTS): EngineAddress {
  const url = urlOf(text, scheme)
  const port = url.port === '' ? PORTS[scheme] : Number(url.port)
  const isSecure = scheme === 'https' || (scheme === 'tcp' && port === TLS_PORT)
  const prefix = url.pathname.replace(/\/+$/, '')
  const host = url.hostname || '127.0.0.1'
  const shown = scheme === 'https' && port !== TLS_PORT ? 'https' : 'tcp'
  return { kind: 'tcp', host, port, isSecure, prefix, text: `${shown}://${host}:${port}${prefix}` }
}

function sshAt(text: string): EngineAddress {
  const url = urlOf(text, 'ssh')
  const host = url.hostname
  const user = url.username === '' ? undefined : decodeURIComponent(url.username)
  // Both become arguments of ssh, where a leading dash would be an option (CVE-2017-1000117).
  const isPlain = /^[\w.:[\]-]+$/.test(host) && !host.startsWith('-')
  if (!isPlain || (user !== undefined && !/^[\w.][\w.@-]*$/.test(user))) throw unknown(text)
  const port = url.port === '' ? undefined : Number(url.port)
  const path = url.pathname === '/' ? '' : decodeURIComponent(url.pathname)
  if (path !== '' && !/^\/[\w./@:+-]*$/.test(path)) throw unknown(text)
  const name = `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`
  return { kind: 'ssh', host, port, user, path, text: `ssh://${name}${path}` }
}

/** `URL` reads host and port of the schemes it knows only; a password in it is nobody's business here and is left out. */
function urlOf(text: string, scheme: string): URL {
  try {
    return new URL(text.replace(`${scheme}://`, scheme === 'https' ? 'https://' : 'ws://'))
  } catch {
    // `tcp://:2375` is this machine for Docker.
    if (/^tcp:\/\/:\d+$/.test(text)) return new URL(text.replace('tcp://', 'ws://127.0.0.1'))
    throw unknown(text)
  }
}

function unknown(text: string): ImageError {
  const shown = visible(text.replace(/\/\/[^/@]*@/, '//'))
  return new ImageError('usage', `“${shown}” is not the address of an engine.`, {
    remedy: 'Give the path of its socket, or unix://PATH, tcp://HOST:PORT or ssh://USER@HOST.',
  })
}
