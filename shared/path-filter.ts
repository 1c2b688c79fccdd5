import { globToRegExp, hasWildcard } from './glob.ts'
import type { SearchFilter } from './query.ts'

/** How many globs one with braces may stand for. */
const MOST = 256

/**
 * Whether a decoded path is among those included and not among those excluded. A glob with wildcards matches the whole path or the last
 * component of it or of a folder above it, by the rules of fnmatch; one without names a file or a folder with all that is in it,
 * anywhere: `node_modules`, `usr/share`. `{a,b}` is either; `**` is `*`, which crosses slashes already. Undefined where every path passes.
 */
export function pathFilter({
  include,
  exclude,
}: Pick<SearchFilter, 'include' | 'exclude'>): ((path: string) => boolean) | undefined {
  const included = anyOf(include)
  const excluded = anyOf(exclude)
  if (!included && !excluded) return undefined
  return (path) => (!included || included(path)) && !excluded?.(path)
}

function anyOf(globs: readonly string[]): ((path: string) => boolean) | undefined {
  const tests = globs.flatMap(withoutBraces).map(testOf)
  return tests.length === 0 ? undefined : (path) => tests.some((test) => test(path))
}

function testOf(glob: string): (path: string) => boolean {
  // Paths are relative and have no slash at their end; people type both.
  const isAnchored = glob.startsWith('/')
  const pattern = glob.replace(/^(?:\.?\/)+(?=.)/, '').replace(/(?<=.)\/+$/, '')
  if (!hasWildcard(pattern)) {
    const inside = `/${pattern}/`
    return isAnchored ? (path) => `/${path}/`.startsWith(inside) : (path) => `/${path}/`.includes(inside)
  }
  const expression = globToRegExp(pattern)
  return (path) => {
    if (expression.test(path)) return true
    if (isAnchored) return false
    return path.split('/').some((component) => expression.test(component))
  }
}

/** The globs that one with braces stands for; braces that are never closed, or without a comma, are themselves. */
export function withoutBraces(glob: string): string[] {
  let globs = [glob]
  for (;;) {
    const next = globs.flatMap(expandedOnce)
    if (next.length === globs.length || next.length > MOST) return globs
    globs = next
  }
}

/** By the first innermost pair that has a choice in it. */
function expandedOnce(glob: string): string[] {
  const match = /\{([^{}]*,[^{}]*)\}/.exec(glob)
  if (!match) return [glob]
  const [whole, choices = ''] = match
  const [before, after] = [glob.slice(0, match.index), glob.slice(match.index + whole.length)]
  return choices.split(',').map((choice) => `${before}${choice}${after}`)
}
