import type { TarEntry } from '../../main/image/element.ts'
import { EntryTableBuilder, type EntryTable } from '../../main/image/entry-table.ts'

/** An entry of a layer in as few words as it needs: a file unless it says otherwise. */
export function entry(path: string, fields: Partial<Omit<TarEntry, 'path'>> = {}): TarEntry {
  const type = fields.type ?? 'file'
  const size = fields.size ?? 0
  return {
    path,
    type,
    size,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    mtimeNanoseconds: 0,
    offset: 0,
    storedSize: size,
    ...fields,
  }
}

export function directory(path: string, fields: Partial<Omit<TarEntry, 'path'>> = {}): TarEntry {
  return entry(path, { type: 'directory', ...fields })
}

export function symlink(path: string, linkname: string): TarEntry {
  return entry(path, { type: 'symlink', linkname, mode: 0o777 })
}

export function hardLink(path: string, linkname: string): TarEntry {
  return entry(path, { type: 'link', linkname })
}

export function tableOf(entries: Iterable<TarEntry>): EntryTable {
  const builder = new EntryTableBuilder()
  for (const each of entries) builder.add(each)
  return builder.build()
}
