import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarReference, parseReference } from '../../shared/reference.ts'
import type { Task } from '../image/element.ts'

/** A name and a tag as Docker shows them: `debian` and `12`, `quay.io/a/b` and `latest`. */
export interface TaggedName {
  readonly name: string
  readonly tag: string
}

/**
 * What the image is called where it goes: the destination's reference, or else all tagged names the source gives it, each once. A
 * source's name that breaks the grammar is left out with a warning; the destination's fails ('usage').
 */
export function namesOf(reference: string | undefined, info: ImageInfo, task: Task): readonly TaggedName[] {
  if (reference !== undefined) {
    const { domain, path, tag = 'latest' } = parseReference(reference)
    return [{ name: familiarReference({ domain, path }), tag }]
  }
  const names = new Map<string, TaggedName>()
  for (const text of info.references) {
    const name = taggedName(text, task)
    if (name) names.set(fullName(name), name)
  }
  return [...names.values()]
}

export function fullName({ name, tag }: TaggedName): string {
  return `${name}:${tag}`
}

/** Undefined for a name that has a digest and no tag: nothing in a tarball or a directory can hold it. */
function taggedName(text: string, task: Task): TaggedName | undefined {
  try {
    const { domain, path, tag, digest } = parseReference(text)
    if (tag === undefined && digest !== undefined) return undefined
    return { name: familiarReference({ domain, path }), tag: tag ?? 'latest' }
  } catch {
    task.warn({
      code: 'name-left-out',
      message: `"${visible(text)}" is no valid image name and was left out.`,
    })
    return undefined
  }
}
