import { NO_VERSION } from './image-tree.ts'
import { NO_NODE, ROOT_NODE } from './path-nodes.ts'
import type { TreeBuilder } from './tree-builder.ts'

/** Linux gives up after as many links in one path (path_resolution(7)). */
const MAX_HOPS = 40
/** PATH_MAX: no system can follow a longer link. */
const MAX_TARGET = 4096
const SLASH = 0x2f
const DOT = 0x2e

/** A component of a resolved path: its node, where there ever was one, and its name. */
export interface Step {
  readonly node: number
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** The directory at a path of which every component is a directory already, as nearly all are; else NO_NODE. */
export function walkPlainly(tree: TreeBuilder, path: Uint8Array): number {
  let node = ROOT_NODE
  for (let start = 0; start < path.length;) {
    const slash = path.indexOf(SLASH, start)
    const end = slash < 0 ? path.length : slash
    // No node is ever named `.` or `..` or nothing, so those fail here, too.
    node = tree.nodes.child(node, path, start, end)
    const version = tree.alive(node)
    if (version === NO_VERSION || !tree.isDirectory(version)) return NO_NODE
    start = end + 1
  }
  return node
}

/**
 * The path without links and dots, as securejoin resolves it: what is not there, or lies below a file, has nothing to follow, so that
 * `x/..` leads back also where there is no x. Undefined where the links have no end, or one is too long.
 */
export function resolveSteps(tree: TreeBuilder, whole: Uint8Array): Step[] | undefined {
  const trail: Step[] = []
  let bytes = whole
  let hops = 0
  for (let next = 0; next < bytes.length;) {
    const slash = bytes.indexOf(SLASH, next)
    const start = next
    const end = slash < 0 ? bytes.length : slash
    next = end + 1
    if (isHere(bytes, start, end)) continue
    if (isUp(bytes, start, end)) {
      trail.pop()
      continue
    }
    const parent = trail.length === 0 ? ROOT_NODE : (trail.at(-1) as Step).node
    const node = parent === NO_NODE ? NO_NODE : tree.nodes.child(parent, bytes, start, end)
    const target = tree.symlinkTarget(node)
    if (target === undefined) {
      trail.push({ node, bytes, start, end })
      continue
    }
    if (++hops > MAX_HOPS || target.length > MAX_TARGET) return undefined
    if (target.startsWith('/')) trail.length = 0
    bytes = Buffer.concat([Buffer.from(`${target}/`, 'latin1'), bytes.subarray(next)])
    next = 0
  }
  return trail
}

/** An empty component or `.`. */
function isHere(bytes: Uint8Array, start: number, end: number): boolean {
  return end === start || (end === start + 1 && bytes[start] === DOT)
}

function isUp(bytes: Uint8Array, start: number, end: number): boolean {
  return end === start + 2 && bytes[start] === DOT && bytes[start + 1] === DOT
}
