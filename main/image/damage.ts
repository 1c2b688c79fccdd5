import { ImageError, type ErrorCode } from '../../shared/errors.ts'

/** Whether an error may come from bytes that are not what was written: not from what was asked for, nor from a full disk. */
export function isDamage(error: unknown): boolean {
  return error instanceof ImageError && DAMAGE.has(error.code)
}

const DAMAGE: ReadonlySet<ErrorCode> = new Set([
  'not-an-image',
  'malformed',
  'truncated',
  'digest-mismatch',
  'missing-blob',
  'unsafe-path',
  'limit',
  'unsupported',
])
