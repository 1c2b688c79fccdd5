import { headOf, isHead, type ResultLines } from './result-lines.ts'

/** What a key does in the results (WAI-ARIA treegrid pattern). */
export type ResultAction =
  | { readonly kind: 'move'; readonly to: number }
  | { readonly kind: 'fold' | 'view' | 'open' | 'dismiss' | 'copy' | 'leave' }

interface Key {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

export function resultAction(
  key: Key,
  lines: ResultLines,
  active: number,
  page: number,
): ResultAction | undefined {
  if (key.altKey || lines.total === 0) return undefined
  if (key.ctrlKey || key.metaKey) {
    if (key.key === 'ArrowUp') return { kind: 'leave' }
    return key.key.toLowerCase() === 'c' ? { kind: 'copy' } : undefined
  }
  const to = (line: number): ResultAction => ({
    kind: 'move',
    to: Math.min(lines.total - 1, Math.max(0, line)),
  })
  const line = lines.lineAt(active)
  const head = isHead(line) ? line : undefined
  switch (key.key) {
    case 'ArrowDown':
      return to(active + 1)
    case 'ArrowUp':
      return active === 0 ? { kind: 'leave' } : to(active - 1)
    case 'PageDown':
      return to(active + page)
    case 'PageUp':
      return to(active - page)
    case 'Home':
      return to(0)
    case 'End':
      return to(lines.total - 1)
    case 'ArrowRight':
      if (!head) return undefined
      return head.isCollapsed ? { kind: 'fold' } : to(active + 1)
    case 'ArrowLeft': {
      if (head && !head.isCollapsed) return { kind: 'fold' }
      const above = headOf(lines, active)
      return above === undefined ? undefined : to(above)
    }
    case ' ':
      return { kind: head ? 'fold' : 'view' }
    case 'Enter':
      return { kind: 'open' }
    case 'Delete':
    case 'Backspace':
      return { kind: 'dismiss' }
    default:
      return undefined
  }
}
