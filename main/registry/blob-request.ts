import { ImageError } from '../../shared/errors.ts'
import { refuseEncoded } from './remote-manifest.ts'
import { discard, failureOf, headerOf, PassingFailure, type Answer } from './registry-answer.ts'

/** Asks for a blob, or for its rest. */
export type BlobSource = (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Answer>

/** What a blob's source was found to be able to. */
export interface SourceHabits {
  /** It gave a part that was not the one asked for: it is not asked for parts again. */
  hasRanges: boolean
  /** A strong validator of what it gave last (RFC 9110, 8.8.3). */
  etag: string | undefined
}

/** The bytes of a blob from some place on. */
export interface BlobPart {
  readonly answer: Answer
  /** Where they start: the place asked for, or 0 where the source gives the whole. */
  readonly start: number
  /** Bytes of the whole blob, where it is said. */
  readonly size: number | undefined
}

/**
 * Asks for the bytes from `from` on, and holds the answer to what it says: a part must be the one asked for, a length must fit. `size` is
 * the blob's as its descriptor has it. Fails with a PassingFailure where another try may do better.
 */
export async function requestPart(
  source: BlobSource,
  from: number,
  known: { readonly size: number | undefined; readonly habits: SourceHabits; readonly what: string },
  signal: AbortSignal,
): Promise<BlobPart> {
  const { habits, size, what } = known
  const isPart = from > 0 && habits.hasRanges
  const answer = await source(isPart ? partHeaders(from, habits.etag) : {}, signal)
  if (answer.status !== 200 && !(isPart && (answer.status === 206 || answer.status === 416)))
    throw await failureOf(answer, what)
  try {
    refuseEncoded(answer, what)
  } catch (error) {
    await discard(answer)
    throw error
  }
  const part = answer.status === 200 ? wholeOf(answer) : partOf(answer, from)
  const isFitting =
    part !== undefined && (size === undefined || part.size === undefined || part.size === size)
  if (part && isFitting) {
    const etag = headerOf(answer, 'etag')
    habits.etag = etag?.startsWith('"') ? etag : undefined
    return part
  }
  await discard(answer)
  habits.hasRanges = false
  throw new PassingFailure(
    `${answer.url.host} gives other bytes of ${what} than were asked for.`,
    undefined,
    {
      detail: `status ${answer.status}, content-range ${headerOf(answer, 'content-range') ?? 'none'}, content-length ${headerOf(answer, 'content-length') ?? 'none'}`,
    },
  )
}

function partHeaders(from: number, etag: string | undefined): Record<string, string> {
  return { range: `bytes=${from}-`, ...(etag === undefined ? {} : { 'if-range': etag }) }
}

function wholeOf(answer: Answer): BlobPart {
  const length = headerOf(answer, 'content-length')
  return { answer, start: 0, size: length === undefined ? undefined : Number(length) }
}

/** Undefined where it is another part, or none. */
function partOf(answer: Answer, from: number): BlobPart | undefined {
  const [, start, end, total] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headerOf(answer, 'content-range') ?? '') ?? []
  if (start === undefined || Number(start) !== from || Number(end) < from) return undefined
  if (total === '*') return { answer, start: from, size: undefined }
  // A part that stops short of the end would be asked on for ever.
  return Number(end) === Number(total) - 1 ? { answer, start: from, size: Number(total) } : undefined
}

/** More bytes than the descriptor says are none of the blob's. */
export function tooLong(what: string, host: string): ImageError {
  return new ImageError(
    'digest-mismatch',
    `${host} sends more bytes for ${what} than the manifest says it has.`,
    {
      remedy: 'The image is damaged or was altered; try again, or ask whoever runs the registry.',
    },
  )
}
