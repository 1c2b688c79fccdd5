import type { Readable } from 'node:stream'
import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { networkError } from './network-words.ts'
import { retryAfter } from './retry.ts'

/** A server's answer, its body not read yet. Whoever gets one reads the body or discards it. */
export interface Answer {
  readonly url: URL
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
}

/** A failure that may pass: the same request is sent again, after `wish` milliseconds where the server said so. */
export class PassingFailure extends ImageError {
  readonly wish: number | undefined

  constructor(
    message: string,
    wish: number | undefined,
    options: { readonly detail?: string; readonly remedy?: string } = {},
  ) {
    super('server', message, { remedy: 'Try again later.', ...options })
    this.wish = wish
  }
}

/** The first value of a field. */
export function headerOf(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The whole body, which may be no larger than `limit`. */
export async function readBody(answer: Answer, limit: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limit) {
        answer.body.destroy()
        throw new ImageError('limit', `${what} is larger than any such document.`, {
          detail: `more than ${limit} bytes`,
        })
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw networkError(error, answer.url.host)
  }
  return Buffer.concat(chunks)
}

/** Reads what is left, so that the connection can be used again; nobody waits long for it. */
export async function discard(answer: Answer): Promise<void> {
  answer.body.on('error', () => {})
  if (Number(headerOf(answer, 'content-length') ?? Number.NaN) <= 64 * 1024) answer.body.resume()
  else answer.body.destroy()
}

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.string().nullish(), message: z.string().nullish() })).min(1),
})
const MOST_WORDS = 64 * 1024

/** Why a request failed, from an answer that is not what was asked for. `what` is what was asked for, in words. */
export async function failureOf(answer: Answer, what: string): Promise<ImageError> {
  const { status, url } = answer
  const words = await wordsOf(answer)
  const detail = [`status ${status}`, words].filter(Boolean).join(': ')
  const wish = retryAfter(headerOf(answer, 'retry-after'))
  if (status === 429)
    return new PassingFailure(`${url.host} has had too many requests from here.`, wish, {
      detail,
      remedy: 'Wait a while, or sign in: registries let known users fetch more.',
    })
  if (status >= 500)
    return new PassingFailure(`${url.host} failed while it was asked for ${what}.`, wish, { detail })
  if (status === 404)
    return new ImageError('not-found', `${what} is not in ${url.host}${unknownPart(words)}.`, {
      remedy: 'Check the name and the tag.',
      detail,
    })
  if (status === 401 || status === 403)
    return new ImageError('sign-in', `${url.host} does not give ${what} to you, if it has it.`, {
      remedy: 'Check the name; if it is private, sign in as somebody who may see it.',
      detail,
    })
  return new ImageError('server', `${url.host} does not give ${what}.`, {
    remedy: 'Try again later, or ask whoever runs the registry.',
    detail,
  })
}

/** Which part of a name is at fault, where the registry says so (distribution-spec, error codes). */
function unknownPart(words: string): string {
  // distribution calls the manifest unknown where the repository is, too: that says nothing.
  return words.includes('NAME_UNKNOWN') ? ', which has no such repository' : ''
}

/** The registry's own words (distribution-spec, error codes); nothing of another kind of body. */
async function wordsOf(answer: Answer): Promise<string> {
  try {
    const body = await readBody(answer, MOST_WORDS, 'The answer')
    const { errors } = errorsSchema.parse(JSON.parse(body.toString('utf8')))
    return visible(
      errors.map(({ code, message }) => [code, message].filter(Boolean).join(' ')).join('; '),
    ).slice(0, 500)
  } catch {
    return ''
  }
}
