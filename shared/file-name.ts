import { displayPath, type PathBytes } from './path-bytes.ts'

/** The last component of a path as a name that every system takes; that of the root is `rootfs`. */
export function fileNameOf(path: PathBytes): string {
  const name = displayPath(path.slice(path.lastIndexOf('/') + 1)).replace(
    /[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069<>:"/\\|?*]/g,
    '_',
  )
  return name === '' ? 'rootfs' : name
}
