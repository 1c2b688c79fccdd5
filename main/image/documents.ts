import type { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'

/** The most any image document (config, manifest, index) may be: CVE-2023-25153 was an index.json without bound. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024
/** Real documents nest about ten deep; a parser's stack is not the place to learn how deep a hostile one goes. */
const DEPTH_LIMIT = 64

/**
 * Bytes from an image as a value of the schema. `what` names the document in messages (“The config of debian:12”). Keys named
 * `__proto__` are dropped, so that no copy of the value gets a prototype of the image's choice.
 */
export function parseDocument<T extends z.ZodType>(bytes: Uint8Array, schema: T, what: string): z.output<T> {
  const result = schema.safeParse(parseJson(bytes, what))
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const where = issue?.path.length ? ` at ${visible(issue.path.map(String).join('.')).slice(0, 200)}` : ''
  throw new ImageError('malformed', `${what} is not what it should be${where}.`, {
    detail: visible(result.error.issues.slice(0, 10).map(describeIssue).join('\n')),
  })
}

/** Bytes as JSON, within the bounds of every document. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > DOCUMENT_LIMIT) throw tooLarge(what, bytes.length)
  checkDepth(bytes, what)
  const text = new TextDecoder('utf-8').decode(bytes)
  try {
    return namesPrototype(text) ? JSON.parse(text, withoutPrototype) : JSON.parse(text)
  } catch (error) {
    const detail = error instanceof Error ? visible(error.message) : ''
    throw new ImageError('malformed', `${what} is not valid JSON.`, { detail })
  }
}

/** For readers that know a document's size before they read it. */
export function checkDocumentSize(size: number, what: string): void {
  if (size > DOCUMENT_LIMIT) throw tooLarge(what, size)
}

function tooLarge(what: string, size: number): ImageError {
  return new ImageError('limit', `${what} is larger than any such document (${size} bytes).`)
}

function checkDepth(bytes: Uint8Array, what: string): void {
  let depth = 0
  let isInString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (isInString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) isInString = false
    } else if (byte === QUOTE) isInString = true
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > DEPTH_LIMIT)
        throw new ImageError('limit', `${what} nests more than ${DEPTH_LIMIT} levels deep.`)
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Whether a key could be `__proto__`, spelt out or with escapes; few documents pay for the slower parse. */
function namesPrototype(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u')
}

function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value
}

function describeIssue(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${issue.path.map(String).join('.').slice(0, 200)}: ${issue.message}`
}
