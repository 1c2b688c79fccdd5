import type { PathBytes } from '../../shared/path-bytes.ts'

const SLASH = 0x2f
const DOT = 0x2e

/**
 * A name as a tar or a symlink has it, as a path inside the image: what `filepath.Clean("/" + name)` makes of it, without the leading
 * slash. A `..` that would leave the root stays there, as every engine has it; so the result can never name anything outside.
 */
export function cleanPath(name: string): PathBytes {
  if (isClean(name)) return name
  const parts: string[] = []
  for (const part of name.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** One pass, nothing allocated: nearly every name of a layer is clean but for a trailing slash. */
function isClean(name: string): boolean {
  let start = 0
  for (let i = 0; i <= name.length; i++) {
    if (i < name.length && name.charCodeAt(i) !== SLASH) continue
    const length = i - start
    if (length === 0) return name.length === 0
    if (length <= 2 && name.charCodeAt(start) === DOT && (length === 1 || name.charCodeAt(start + 1) === DOT))
      return false
    start = i + 1
  }
  return true
}
