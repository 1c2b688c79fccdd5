/*
 * What values in specs may be, without the schemas of these: a command line checks what was typed one by one.
 */

/** More connections to one registry than this help nobody. */
export const MOST_WORKERS = 64

export const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const
export type OutputCompression = (typeof COMPRESSIONS)[number]

/** RFC 1123 */
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i

/** Labels with dots between them, as long as Linux takes them (HOST_NAME_MAX). */
export function isHostname(text: string): boolean {
  return text.length <= 64 && text.split('.').every((label) => HOST_LABEL.test(label))
}

/** A program's arguments and environment end at a NUL. */
export function isArgument(text: string): boolean {
  return !text.includes('\0')
}

/** `NAME=value`; what writes environments to files and logs has one a line. */
export function isVariable(text: string): boolean {
  return text.indexOf('=') > 0 && !/[\0\n]/.test(text)
}
