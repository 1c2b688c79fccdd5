import type { EntryType } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { ImageError } from '../../shared/errors.ts'
import { grownBuffer } from './grown-buffer.ts'
import type { TarEntry } from './tar-entry.ts'

/** By the code that a table's column of types has. */
export const ENTRY_TYPES: readonly EntryType[] = [
  'file',
  'directory',
  'symlink',
  'link',
  'fifo',
  'char',
  'block',
]
const CODES: Readonly<Record<EntryType, number>> = {
  file: 0,
  directory: 1,
  symlink: 2,
  link: 3,
  fifo: 4,
  char: 5,
  block: 6,
}

/**
 * What few entries have; kept beside the columns, by row. Owners' names are left out: nothing that works from a table needs them, and
 * some builders write them on every entry.
 */
export interface RareFields {
  readonly device?: { readonly major: number; readonly minor: number }
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
  readonly sparse?: readonly (readonly [offset: number, length: number])[]
  readonly storedSize?: number
}

/** The columns of a table, row by row; `names` holds each row's path, then its linkname, one after the other as bytes. */
export interface EntryColumns {
  readonly length: number
  readonly names: Uint8Array
  /** Where row i's path ends in `names`; it starts where row i-1's linkname ended. */
  readonly pathEnds: Uint32Array
  /** Where row i's linkname ends in `names`. */
  readonly linkEnds: Uint32Array
  readonly types: Uint8Array
  readonly modes: Uint16Array
  readonly uids: Uint32Array
  readonly gids: Uint32Array
  readonly sizes: Float64Array
  readonly mtimes: Float64Array
  readonly mtimeNanoseconds: Uint32Array
  readonly offsets: Float64Array
  readonly rare: ReadonlyMap<number, RareFields>
}

/** The entries of one layer in tar order, as columns and one name table: a million of them are tens of megabytes, not a million objects. */
export class EntryTable {
  readonly columns: EntryColumns
  readonly #names: Buffer

  constructor(columns: EntryColumns) {
    this.columns = columns
    this.#names = Buffer.from(columns.names.buffer, columns.names.byteOffset, columns.names.byteLength)
  }

  get length(): number {
    return this.columns.length
  }

  path(row: number): PathBytes {
    const start = row === 0 ? 0 : (this.columns.linkEnds[row - 1] as number)
    return this.#names.toString('latin1', start, this.columns.pathEnds[row])
  }

  /** The name bytes of the rows from `from` to before `to`, as they stand in `columns.names`. */
  names(from: number, to: number): Buffer {
    const start = from === 0 ? 0 : (this.columns.linkEnds[from - 1] as number)
    return this.#names.subarray(start, to === 0 ? 0 : this.columns.linkEnds[to - 1])
  }

  linkname(row: number): string | undefined {
    const start = this.columns.pathEnds[row] as number
    const end = this.columns.linkEnds[row] as number
    return start === end ? undefined : this.#names.toString('latin1', start, end)
  }

  type(row: number): EntryType {
    return ENTRY_TYPES[this.columns.types[row] as number] as EntryType
  }

  size(row: number): number {
    return this.columns.sizes[row] as number
  }

  mode(row: number): number {
    return this.columns.modes[row] as number
  }

  uid(row: number): number {
    return this.columns.uids[row] as number
  }

  gid(row: number): number {
    return this.columns.gids[row] as number
  }

  mtime(row: number): number {
    return this.columns.mtimes[row] as number
  }

  offset(row: number): number {
    return this.columns.offsets[row] as number
  }

  rare(row: number): RareFields | undefined {
    return this.columns.rare.get(row)
  }

  /** Row as an object, for the few places that want one whole. */
  at(row: number): TarEntry {
    const { storedSize, ...rare } = this.columns.rare.get(row) ?? {}
    const linkname = this.linkname(row)
    return {
      path: this.path(row),
      type: this.type(row),
      size: this.size(row),
      mode: this.mode(row),
      uid: this.uid(row),
      gid: this.gid(row),
      mtime: this.mtime(row),
      mtimeNanoseconds: this.columns.mtimeNanoseconds[row] as number,
      offset: this.offset(row),
      storedSize: storedSize ?? this.size(row),
      ...(linkname === undefined ? {} : { linkname }),
      ...rare,
    }
  }
}

/** What a table may hold before a layer is refused: a few kilobytes of gzip can claim any number of entries. */
interface TableLimits {
  readonly rows: number
  readonly nameBytes: number
  /** Attributes and sparse maps, roughly as they lie in memory. */
  readonly rareBytes: number
}

/** Some ten times what the largest layers known hold; all three together stay below a gigabyte. */
const LIMITS: TableLimits = { rows: 4 * 2 ** 20, nameBytes: 512 * 2 ** 20, rareBytes: 128 * 2 ** 20 }

/** Collects entries in tar order; `build` may be called once. Fails with `limit`. */
export class EntryTableBuilder {
  readonly #limits: TableLimits
  #length = 0
  #capacity = 1024
  #names = Buffer.from(new ArrayBuffer(64 * 1024))
  #namesLength = 0
  #pathEnds = new Uint32Array(this.#capacity)
  #linkEnds = new Uint32Array(this.#capacity)
  #types = new Uint8Array(this.#capacity)
  #modes = new Uint16Array(this.#capacity)
  #uids = new Uint32Array(this.#capacity)
  #gids = new Uint32Array(this.#capacity)
  #sizes = new Float64Array(this.#capacity)
  #mtimes = new Float64Array(this.#capacity)
  #mtimeNanoseconds = new Uint32Array(this.#capacity)
  #offsets = new Float64Array(this.#capacity)
  readonly #rare = new Map<number, RareFields>()
  #rareBytes = 0

  constructor(limits = LIMITS) {
    this.#limits = limits
  }

  get length(): number {
    return this.#length
  }

  add(entry: TarEntry): void {
    if (this.#length === this.#limits.rows)
      throw new ImageError('limit', `A layer holds more than ${this.#limits.rows} entries.`)
    if (this.#length === this.#capacity) this.#grow()
    const row = this.#length++
    this.#addName(entry.path)
    this.#pathEnds[row] = this.#namesLength
    if (entry.linkname !== undefined) this.#addName(entry.linkname)
    this.#linkEnds[row] = this.#namesLength
    this.#modes[row] = entry.mode
    this.#mtimes[row] = entry.mtime
    this.#offsets[row] = entry.offset
    // Mostly 0, as they stand: memory that nobody wrote to takes none.
    if (entry.type !== 'file') this.#types[row] = CODES[entry.type]
    if (entry.uid !== 0) this.#uids[row] = entry.uid
    if (entry.gid !== 0) this.#gids[row] = entry.gid
    if (entry.size !== 0) this.#sizes[row] = entry.size
    if (entry.mtimeNanoseconds !== 0) this.#mtimeNanoseconds[row] = entry.mtimeNanoseconds
    const rare = rareFieldsOf(entry)
    if (rare) this.#addRare(row, rare)
  }

  build(): EntryTable {
    const end = this.#length
    return new EntryTable({
      length: end,
      names: this.#names.subarray(0, this.#namesLength),
      pathEnds: this.#pathEnds.subarray(0, end),
      linkEnds: this.#linkEnds.subarray(0, end),
      types: this.#types.subarray(0, end),
      modes: this.#modes.subarray(0, end),
      uids: this.#uids.subarray(0, end),
      gids: this.#gids.subarray(0, end),
      sizes: this.#sizes.subarray(0, end),
      mtimes: this.#mtimes.subarray(0, end),
      mtimeNanoseconds: this.#mtimeNanoseconds.subarray(0, end),
      offsets: this.#offsets.subarray(0, end),
      rare: this.#rare,
    })
  }

  #addName(name: string): void {
    const end = this.#namesLength + name.length
    if (end > this.#limits.nameBytes)
      throw new ImageError('limit', `A layer holds more than ${this.#limits.nameBytes} bytes of file names.`)
    if (end > this.#names.length) {
      const length = Math.max(end, this.#names.length * 2)
      this.#names = Buffer.from(grownBuffer(this.#names.buffer, length))
    }
    this.#names.write(name, this.#namesLength, 'latin1')
    this.#namesLength = end
  }

  #addRare(row: number, rare: RareFields): void {
    this.#rareBytes += bytesOf(rare)
    if (this.#rareBytes > this.#limits.rareBytes)
      throw new ImageError(
        'limit',
        `The files of a layer have more than ${this.#limits.rareBytes} bytes of extended attributes.`,
      )
    this.#rare.set(row, rare)
  }

  #grow(): void {
    this.#capacity *= 2
    this.#pathEnds = new Uint32Array(grownBuffer(this.#pathEnds.buffer, this.#capacity * 4))
    this.#linkEnds = new Uint32Array(grownBuffer(this.#linkEnds.buffer, this.#capacity * 4))
    this.#types = new Uint8Array(grownBuffer(this.#types.buffer, this.#capacity))
    this.#modes = new Uint16Array(grownBuffer(this.#modes.buffer, this.#capacity * 2))
    this.#uids = new Uint32Array(grownBuffer(this.#uids.buffer, this.#capacity * 4))
    this.#gids = new Uint32Array(grownBuffer(this.#gids.buffer, this.#capacity * 4))
    this.#sizes = new Float64Array(grownBuffer(this.#sizes.buffer, this.#capacity * 8))
    this.#mtimes = new Float64Array(grownBuffer(this.#mtimes.buffer, this.#capacity * 8))
    this.#mtimeNanoseconds = new Uint32Array(grownBuffer(this.#mtimeNanoseconds.buffer, this.#capacity * 4))
    this.#offsets = new Float64Array(grownBuffer(this.#offsets.buffer, this.#capacity * 8))
  }
}

function rareFieldsOf(entry: TarEntry): RareFields | undefined {
  const { device, xattrs, sparse } = entry
  const isPlain = !device && !xattrs && !sparse && entry.storedSize === entry.size
  if (isPlain) return undefined
  return {
    ...(device ? { device } : {}),
    ...(xattrs ? { xattrs } : {}),
    ...(sparse ? { sparse } : {}),
    ...(entry.storedSize === entry.size ? {} : { storedSize: entry.storedSize }),
  }
}

/** A typed array and a pair of numbers each cost about so much beside what they hold. */
function bytesOf({ xattrs = {}, sparse = [] }: RareFields): number {
  let bytes = 64 + 64 * sparse.length
  for (const [name, value] of Object.entries(xattrs)) bytes += 128 + name.length + value.length
  return bytes
}
