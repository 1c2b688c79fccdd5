import type { EngineInfo } from '../../shared/remote.ts'
import { ImageError, isCancelled } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'

/** What was asked of an engine, for messages. */
export interface EngineSubject {
  /** The canonical address. */
  readonly engine: string
  /** Whether it is known to be Podman, where its address does not say so. */
  readonly isPodman?: boolean
  /** The image that was asked for, where there was one. */
  readonly image?: string
}

const IN_WORDS_LIMIT = 300

/** Any failure of a request as one sentence about the engine. What is an ImageError already, or a cancel, stays. */
export function engineError(error: unknown, subject: EngineSubject): unknown {
  if (error instanceof ImageError || isCancelled(error)) return error
  const status = numberIn(error, 'statusCode')
  return status === undefined ? unreachable(error, subject) : refusal(status, error, subject)
}

/** An answer that is not the one asked for. */
function refusal(status: number, error: unknown, { engine, image }: EngineSubject): ImageError {
  const reason = reasonIn(error)
  if (status === 404 && image !== undefined)
    return new ImageError('not-found', `The engine at ${engine} has no image “${visible(image)}”.`, {
      remedy: 'Check the name among the engine’s images, or pull it there first.',
      detail: reason,
    })
  if (status === 401 || status === 403)
    return new ImageError('permission', `The engine at ${engine} refused the request.`, { detail: reason })
  const what = image === undefined ? '' : ` with “${visible(image)}”`
  const words = (reason || `status ${status}`).replace(/\.$/, '')
  return new ImageError('engine', `The engine at ${engine} failed${what}: ${words}.`, {
    remedy: 'Look into the engine’s log, or try again.',
  })
}

/** What a failure makes of an engine in a list of them. */
export function stateOf(error: ImageError): Exclude<EngineInfo['state'], 'ready'> {
  if (error.code === 'permission') return 'forbidden'
  return ABSENT.has(codeOf(error.cause) ?? '') ? 'stopped' : 'unreachable'
}

/** Nobody listens: there is no socket, or one that its owner left behind. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'])
const CUT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

/** Whether the other side went away in the middle. */
export function isCut(error: unknown): boolean {
  return CUT.has(codeOf(error) ?? '')
}

function unreachable(error: unknown, subject: EngineSubject): ImageError {
  const { engine } = subject
  const code = codeOf(error) ?? ''
  const failure = (kind: 'engine' | 'permission' | 'certificate', what: string, remedy: string): ImageError =>
    new ImageError(kind, what, { remedy, cause: error })
  if (code === 'EACCES' || code === 'EPERM')
    return failure('permission', `No permission for the engine’s socket ${engine}.`, allow(subject))
  if (ABSENT.has(code)) return failure('engine', `The engine at ${engine} is not running.`, start(subject))
  if (isCut(error)) return failure('engine', `The engine at ${engine} stopped answering.`, start(subject))
  if (error instanceof Error && error.name === 'TimeoutError')
    return failure('engine', `The engine at ${engine} does not answer.`, start(subject))
  if (code.startsWith('HPE_'))
    return failure(
      'engine',
      `What listens at ${engine} is not a Docker or Podman engine.`,
      'Give the address of an engine.',
    )
  if (/CERT|SSL|TLS|EPROTO/.test(code))
    return failure(
      'certificate',
      `The engine at ${engine} is not proved to be who it says.`,
      'Check ca.pem, cert.pem and key.pem of its Docker context, or of DOCKER_CERT_PATH.',
    )
  return failure(
    'engine',
    `The engine at ${engine} cannot be reached.`,
    'Check its address and that it is running.',
  )
}

function allow(subject: EngineSubject): string {
  if (isPodman(subject))
    return 'Use your own Podman (systemctl --user start podman.socket), or run this as root.'
  return 'Add yourself to its group (sudo usermod -aG docker $USER), then sign out and in again.'
}

function start(subject: EngineSubject): string {
  if (!isPodman(subject))
    return 'Start it (sudo systemctl start docker, or its desktop program), then try again.'
  const isRootful = subject.engine.startsWith('/run/podman/')
  return `Start it (${isRootful ? 'sudo systemctl' : 'systemctl --user'} start podman.socket), then try again.`
}

function isPodman(subject: EngineSubject): boolean {
  return subject.isPodman ?? subject.engine.includes('podman')
}

/** The engine's own words: one line of a bounded length, and without what it may say of credentials in an address. */
export function inWords(text: string): string {
  const line = visible(text.replace(/\s+/g, ' ').trim()).replace(/\/\/[^/@\s]+@/g, '//')
  return line.length > IN_WORDS_LIMIT ? `${line.slice(0, IN_WORDS_LIMIT)}…` : line
}

function reasonIn(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  // docker-modem writes "(HTTP code 404) no such image - …".
  return inWords(message.replace(/^\(HTTP code \d+\) [^-]* - /, ''))
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function numberIn(error: unknown, key: string): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value = (error as Record<string, unknown>)[key]
  return typeof value === 'number' ? value : undefined
}
