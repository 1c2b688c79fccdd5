import { ImageError } from '../../shared/errors.ts'

const remedy = 'The file may be damaged or incomplete; fetch or save it again.'

/** `what` is the part of the format that makes no sense. */
export function damaged(kind: string, what: string, cause?: unknown): ImageError {
  return new ImageError('malformed', `The ${kind} data is damaged.`, { remedy, detail: what, cause })
}

export function truncated(kind: string, cause?: unknown): ImageError {
  return new ImageError('truncated', `The ${kind} data ends before it should.`, { remedy, cause })
}
