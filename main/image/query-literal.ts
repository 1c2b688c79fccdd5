import { globToRegExp } from '../../shared/glob.ts'
import { typedPattern, unicodeMode } from '../../shared/name-matcher.ts'
import type { SearchQuery } from '../../shared/query.ts'
import { requiredLiteral } from './required-literal.ts'

/** A text of printable ASCII characters that stands in every name that the query finds; undefined where there is none to be known. */
export function queryLiteral({ pattern, isRegex, isCaseSensitive }: SearchQuery): string | undefined {
  if (!isCaseSensitive || pattern === '') return undefined
  if (!isRegex) return requiredLiteral(globToRegExp(typedPattern(pattern)).source, 'u') || undefined
  try {
    return requiredLiteral(pattern, unicodeMode(pattern)) || undefined
  } catch {
    // As a whole name it may be valid: `a)|(b`.
    return undefined
  }
}
