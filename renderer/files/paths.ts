import { fileNameOf } from '../../shared/file-name.ts'
import { displayPath, pathBytesOf, visible, type PathBytes } from '../../shared/path-bytes.ts'

/** The path of what a person typed or pasted: absolute, with `./`, doubled or trailing slashes, or from a URL bar's habits. */
export function typedPath(text: string): PathBytes {
  const parts: string[] = []
  for (const part of text.trim().split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return pathBytesOf(parts.join('/'))
}

export function parentOf(path: PathBytes): PathBytes {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

export function baseName(path: PathBytes): PathBytes {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Every directory above the path, outermost first, without the root. */
export function ancestorsOf(path: PathBytes): readonly PathBytes[] {
  const ancestors: PathBytes[] = []
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    ancestors.push(path.slice(0, slash))
  }
  return ancestors
}

/** The path as text for a person, safe to show. */
export function pathText(path: PathBytes): string {
  return visible(displayPath(path))
}

/**
 * Where a symlink leads inside the image, by its text alone: absolute targets start at the image's root and `..` stops there,
 * as in a container. Links on the way are not followed.
 */
export function linkTarget(path: PathBytes, linkname: string): PathBytes {
  const start = linkname.startsWith('/') ? [] : parentOf(path).split('/').filter(Boolean)
  for (const part of linkname.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') start.pop()
    else start.push(part)
  }
  return start.join('/')
}

/** A name for the saved file: the last component, without what file systems and dialogs trip over. */
export function suggestedName(path: PathBytes, suffix = ''): string {
  return `${fileNameOf(path)}${suffix}`
}
