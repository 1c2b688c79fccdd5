/** OVL_MAX_STACK of Linux: so many lower layers one overlay takes. */
const MOST = 500

/** One overlay: where it is mounted, and what lies in it, the uppermost first; paths from the image's folder. */
export interface Overlay {
  readonly target: string
  readonly lower: readonly string[]
  /** Only the last one may be written to. */
  readonly isWritable: boolean
}

/**
 * The overlays that show `count` layers, in the order in which they are mounted. Layers go by short links, because all options together
 * must fit into a page of 4096 bytes; where there are more than one overlay takes, the lowest are one of their own, which the other takes
 * for one layer.
 */
export function overlaysOf(count: number): readonly Overlay[] {
  const links = Array.from({ length: count }, (_, index) => `l/${index}`)
  if (count <= MOST) return [{ target: 'merged', lower: links, isWritable: true }]
  const upper = links.slice(0, MOST - 1)
  return [
    { target: 'base', lower: links.slice(MOST - 1), isWritable: false },
    { target: 'merged', lower: [...upper, 'base'], isWritable: true },
  ]
}

/** The folders of an image's layers, the uppermost first: each once, and none below one that hides all that lies below it. */
export function stackOf(names: readonly string[], hidesAll: (index: number) => boolean): string[] {
  const stack: string[] = []
  for (let index = names.length - 1; index >= 0; index--) {
    const name = names[index] as string
    // A layer that comes again has all of itself on top already, and overlay takes no folder twice.
    if (!stack.includes(name)) stack.push(name)
    if (hidesAll(index)) break
  }
  return stack
}

/** As mount(2) takes them; without a comma or colon in any path, as they are all ours. */
export function optionsOf({ lower, isWritable }: Overlay, form: Form): string {
  return [
    ...(form === 'user' ? ['userxattr'] : []),
    `lowerdir=${lower.join(':')}`,
    ...(isWritable ? ['upperdir=upper', 'workdir=work'] : []),
  ].join(',')
}

/** Whose attributes say that a directory is opaque: root's (`trusted.overlay.opaque`), or those that anyone may set. */
export type Form = 'root' | 'user'
