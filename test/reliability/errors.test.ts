import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { explain } from '../../main/cli/failure.ts'
import { errorCodeSchema, errorOfReport, ImageError, reportOf } from '../../shared/errors.ts'

/** Reliability, promise 32: every failure has a kind, a subject and words, and no stack is shown unless it is asked for. */

const PROJECT = join(import.meta.dirname, '../..')

function systemError(code: string, path?: string): Error {
  const error = new Error(`${code}: something, write${path === undefined ? '' : ` '${path}'`}`)
  return Object.assign(error, { code, errno: -1, syscall: 'write', ...(path === undefined ? {} : { path }) })
}

function said(
  error: unknown,
  options: { isVerbose?: boolean; failed?: number } = {},
): { status: number; text: string } {
  let text = ''
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  const status = explain(error, { isVerbose: false, failed: 1, signalName: undefined, ...options })
  write.mockRestore()
  return { status, text }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('every kind of error', () => {
  test.each(errorCodeSchema.options)('%s crosses processes whole and is one line with its status', (code) => {
    const error = new ImageError(code, 'The thing is wrong.', {
      remedy: 'Try another.',
      detail: 'offset 7',
      cause: new Error('deep\n    at somewhere (file.ts:1:1)'),
    })
    const report = reportOf(errorOfReport(structuredClone(reportOf(error))))
    expect(report).toMatchObject({ code, message: 'The thing is wrong.', remedy: 'Try another.' })
    const { status, text } = said(error, { failed: 3 })
    expect(status).toBe(code === 'usage' ? 2 : 3)
    expect(text).toMatch(/^occystrap: [^\n]+[.]\n$/)
    expect(said(error, { isVerbose: true }).text).not.toMatch(/^\s*at /m)
  })

  test.each([
    ['ENOENT', 'not-found'],
    ['EACCES', 'permission'],
    ['EPERM', 'permission'],
    ['EROFS', 'permission'],
    ['ENOSPC', 'no-space'],
    ['EDQUOT', 'no-space'],
    ['EFBIG', 'no-space'],
    ['EEXIST', 'exists'],
    ['EISDIR', 'io'],
    ['ENOTDIR', 'io'],
    ['EIO', 'io'],
    ['EMFILE', 'io'],
    ['ENAMETOOLONG', 'io'],
    ['ESTALE', 'io'],
  ])('the system’s %s names its file in words', (code, kind) => {
    const report = reportOf(systemError(code, '/some/file'))
    expect(report.code).toBe(kind)
    expect(report.message).toMatch(/^[^\n]*\/some\/file[^\n]*[.]$/)
    expect(report.detail).toContain(code)
    expect(said(systemError(code)).text).toMatch(/^occystrap: [^\n]+[.]\n$/)
  })

  test.each([
    ['a fault of ours', new TypeError('x is not a function')],
    ['a thrown text', 'text'],
    ['nothing', undefined],
    ['an object', { toString: (): string => 'odd\n    at nowhere' }],
  ])('%s is said to be internal, without a stack', (_, thrown) => {
    for (const isVerbose of [false, true]) {
      const { status, text } = said(thrown, { isVerbose })
      expect(status).toBe(1)
      expect(text).toMatch(/^occystrap: Something in Occystrap itself failed\./)
      expect(text).not.toMatch(/^\s*at /m)
    }
    expect(said(thrown).text.trimEnd()).not.toContain('\n')
  })
})

/** The texts that follow an error's code in the sources, with an `x` for each placeholder. */
function messagesIn(source: string): string[] {
  let plain = source
  for (let before = ''; before !== plain;) {
    before = plain
    plain = plain.replaceAll(/\$\{[^{}]*\}/g, 'x')
  }
  const pattern = /new ImageError\(\s*'[a-z-]+',\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g
  return [...plain.matchAll(pattern)].map((match) => match[2] ?? '')
}

test('every message in the sources is one sentence', () => {
  const files = ['main', 'shared'].flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  )
  const messages = files.flatMap((file) =>
    messagesIn(readFileSync(join(PROJECT, file), 'utf8')).map((message) => [file, message] as const),
  )
  expect(messages.length).toBeGreaterThan(60)
  for (const [file, message] of messages) {
    const what = `${file}: ${message}`
    expect(message, what).toMatch(/^[^\n]*[.]$/)
    expect(message, what).not.toMatch(/[.!?] [A-Z]|!/)
  }
})
