import { z } from 'zod'

/**
 * What can go wrong, as a closed list: a new code does not compile until the window has words for its remedy.
 * `cancelled` is not an error to show; `usage` is exit status 2 of the command line.
 */
export const errorCodeSchema = z.enum([
  'usage', // the request itself makes no sense
  'not-found', // no such file, folder, image, path or job
  'not-an-image', // read, but none of the forms we know
  'choose-image', // several images, none chosen
  'malformed', // an image document or tar that breaks its format
  'truncated', // ends before it should
  'digest-mismatch', // content that is not what its digest says
  'missing-blob', // a layer or config the manifest names is not there
  'unsafe-path', // a name in the image that would lead outside
  'limit', // beyond a bound we keep (documents, headers, depth)
  'unsupported', // a form we know and do not read
  'exists', // the destination is there already
  'no-space', // not enough room, or the reserve reached
  'permission', // the system said no
  'io', // any other failure of the file system
  'busy', // another instance holds it
  'network', // a server cannot be reached, or the connection was cut
  'certificate', // the server is not proved to be who it says
  'sign-in', // the registry wants credentials, or others
  'server', // a server answered, but not with what was asked for
  'engine', // a Docker or Podman engine cannot be reached, or failed
  'cancelled',
  'internal', // a fault of ours
])
export type ErrorCode = z.infer<typeof errorCodeSchema>

export const errorReportSchema = z.object({
  code: errorCodeSchema,
  /** One sentence a person understands: the thing, the reason. */
  message: z.string(),
  /** What to try, where there is something. */
  remedy: z.string().optional(),
  /** The detail behind it, on demand: causes, system codes, offsets. */
  detail: z.string().optional(),
})
export type ErrorReport = z.infer<typeof errorReportSchema>

export interface ImageErrorOptions extends ErrorOptions {
  readonly remedy?: string
  readonly detail?: string
}

/** The one error class of the program. `message` names the thing and the reason in one sentence; `remedy` says what to try. */
export class ImageError extends Error {
  override readonly name = 'ImageError'
  readonly code: ErrorCode
  readonly remedy: string | undefined
  readonly detail: string | undefined

  constructor(code: ErrorCode, message: string, options: ImageErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.remedy = options.remedy
    this.detail = options.detail
  }
}

/** Any thrown value as a report that can cross a process or the wire. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof ImageError) {
    const detail = [error.detail, causeOf(error)].filter(Boolean).join('\n')
    return {
      code: error.code,
      message: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      ...(detail === '' ? {} : { detail }),
    }
  }
  if (isAbort(error)) return { code: 'cancelled', message: 'Cancelled.' }
  const system = systemReport(error)
  if (system) return system
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'internal', message: 'Something in Occystrap itself failed.', detail }
}

/** A report as an error again, on the other side. */
export function errorOfReport(report: ErrorReport): ImageError {
  return new ImageError(report.code, report.message, {
    ...(report.remedy === undefined ? {} : { remedy: report.remedy }),
    ...(report.detail === undefined ? {} : { detail: report.detail }),
  })
}

export function isCancelled(error: unknown): boolean {
  return isAbort(error) || (error instanceof ImageError && error.code === 'cancelled')
}

function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'))
  )
}

function causeOf(error: Error): string | undefined {
  if (error.cause === undefined) return undefined
  return error.cause instanceof Error ? error.cause.message : String(error.cause)
}

/** Node's system errors in words; `path` is part of them where the call had one. */
function systemReport(error: unknown): ErrorReport | undefined {
  if (
    !(error instanceof Error) ||
    !('code' in error) ||
    typeof error.code !== 'string' ||
    !('syscall' in error)
  )
    return undefined
  const path = 'path' in error && typeof error.path === 'string' ? error.path : 'the file'
  const detail = error.message
  switch (error.code) {
    case 'ENOENT':
      return { code: 'not-found', message: `${path} does not exist.`, detail }
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'permission',
        message: `No permission for ${path}.`,
        remedy: 'Choose another place, or change its permissions.',
        detail,
      }
    case 'EROFS':
      return {
        code: 'permission',
        message: `${path} is on a read-only file system.`,
        remedy: 'Choose another place.',
        detail,
      }
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return {
        code: 'no-space',
        message: `There is not enough room for ${path}.`,
        remedy: 'Free some space or choose another place.',
        detail,
      }
    case 'EEXIST':
      return { code: 'exists', message: `${path} exists already.`, remedy: 'Choose another name.', detail }
    case 'EISDIR':
      return { code: 'io', message: `${path} is a folder.`, remedy: 'Name a file.', detail }
    case 'ENOTDIR':
      return { code: 'io', message: `${path} is not a folder.`, remedy: 'Name a folder.', detail }
    default:
      return { code: 'io', message: `The system could not do this with ${path} (${error.code}).`, detail }
  }
}
