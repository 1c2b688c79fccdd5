import { ImageError } from './errors.ts'
import { globToRegExp, hasWildcard } from './glob.ts'
import type { SearchQuery } from './query.ts'

/**
 * The question of a search as a test on a decoded path. A glob is matched against the whole path and the last component, a regex anywhere
 * in the path unless it must match a whole name; nothing asked matches everything. Fails with `usage` for an expression that is none.
 */
export function nameMatcher(query: Omit<SearchQuery, 'filter'>): (path: string) => boolean {
  if (query.pattern === '') return () => true
  const flags = query.isCaseSensitive ? '' : 'i'
  if (query.isRegex) return regexMatcher(query.pattern, flags, query.isWholeName)
  const pattern = typedPattern(query.pattern)
  if (!query.isWholeName && !hasWildcard(pattern)) return partMatcher(pattern, query.isCaseSensitive)
  const expression = globToRegExp(pattern, flags)
  // A name that matches `*x` is the end of a path that does.
  if (pattern.startsWith('*')) return (path) => expression.test(path)
  return (path) => expression.test(path) || expression.test(lastComponent(path))
}

/** A glob or a part of a name as paths have it: they are relative and have no slash at their end; people type both. */
export function typedPattern(pattern: string): string {
  return pattern.replace(/^(?:\.?\/)+(?=.)/, '').replace(/(?<=.)\/+$/, '')
}

/** The flag that a search compiles the expression with: `u` where that can be. Fails with a SyntaxError for an expression that is none. */
export function unicodeMode(pattern: string): 'u' | '' {
  try {
    void new RegExp(pattern, 'u')
    return 'u'
  } catch {
    void new RegExp(pattern)
    return ''
  }
}

function regexMatcher(pattern: string, flags: string, isWholeName: boolean): (path: string) => boolean {
  const expression = compiled(pattern, flags)
  if (!isWholeName) return (path) => expression.test(path)
  const whole = compiled(`^(?:${pattern})$`, flags)
  return (path) => whole.test(path) || whole.test(lastComponent(path))
}

function partMatcher(part: string, isCaseSensitive: boolean): (path: string) => boolean {
  if (isCaseSensitive) return (path) => path.includes(part)
  const folded = part.toLowerCase()
  return (path) => path.toLowerCase().includes(folded)
}

/**
 * Unicode mode where the expression allows it; many that people know (`\-`, `\_`) are valid only without. Fails with `usage` for an
 * expression that is none.
 */
export function compiled(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, `u${flags}`)
  } catch {
    try {
      return new RegExp(pattern, flags)
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''
      throw new ImageError('usage', `The regular expression is not valid: ${reason}.`, {
        remedy: 'Correct it, or search for a glob instead.',
        cause: error,
      })
    }
  }
}

function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
