import type { FileRow } from '../../shared/files.ts'

/** What a key does in the tree (WAI-ARIA treegrid and tree patterns). */
export type TreeAction =
  | { readonly kind: 'move'; readonly to: number }
  | { readonly kind: 'parent' }
  | { readonly kind: 'expand' }
  | { readonly kind: 'collapse' }
  | { readonly kind: 'expand-siblings' }
  | { readonly kind: 'open' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'menu' }
  | { readonly kind: 'type'; readonly text: string }

export interface TreeKeyContext {
  readonly index: number
  readonly total: number
  /** Rows that fit the viewport. */
  readonly page: number
  /** The active row; undefined while its window loads. */
  readonly row: FileRow | undefined
  /** Characters typed a moment ago: then a `*` or a blank belongs to the name looked for. */
  readonly isTyping: boolean
}

interface Key {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

export function treeAction(key: Key, context: TreeKeyContext): TreeAction | undefined {
  if (key.ctrlKey || key.metaKey) return key.key.toLowerCase() === 'c' ? { kind: 'copy' } : undefined
  if (key.altKey || context.total === 0) return undefined
  return movement(key.key, context) ?? command(key, context)
}

function movement(key: string, { index, total, page }: TreeKeyContext): TreeAction | undefined {
  const to = (target: number): TreeAction => ({ kind: 'move', to: Math.min(total - 1, Math.max(0, target)) })
  switch (key) {
    case 'ArrowDown':
      return to(index + 1)
    case 'ArrowUp':
      return to(index - 1)
    case 'PageDown':
      return to(index + page)
    case 'PageUp':
      return to(index - page)
    case 'Home':
      return to(0)
    case 'End':
      return to(total - 1)
    default:
      return undefined
  }
}

function command(key: Key, { index, total, row, isTyping }: TreeKeyContext): TreeAction | undefined {
  switch (key.key) {
    case 'ArrowRight':
      if (row === undefined || row.childCount === 0) return undefined
      return row.isExpanded ? { kind: 'move', to: Math.min(total - 1, index + 1) } : { kind: 'expand' }
    case 'ArrowLeft':
      return row?.isExpanded ? { kind: 'collapse' } : { kind: 'parent' }
    case 'Enter':
      return { kind: 'open' }
    case 'ContextMenu':
      return { kind: 'menu' }
    case 'F10':
      return key.shiftKey ? { kind: 'menu' } : undefined
    case '*':
      return isTyping ? { kind: 'type', text: '*' } : { kind: 'expand-siblings' }
    case ' ':
      return isTyping ? { kind: 'type', text: ' ' } : undefined
    default:
      return isCharacter(key.key) && key.key !== '?' ? { kind: 'type', text: key.key } : undefined
  }
}

/** Keys that write have their character as a name; all others (`Tab`, `Shift`) a word. */
function isCharacter(key: string): boolean {
  return /^.$/u.test(key)
}
