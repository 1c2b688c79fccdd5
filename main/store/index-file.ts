import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { constants, createZstdCompress, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { Digest } from '../../shared/digest.ts'
import type { IndexedLayer } from '../image/cache.ts'
import { EntryTable, type EntryColumns, type RareFields } from '../image/entry-table.ts'

/**
 * One layer of the index as a file: magic, format version, sha256 of the rest; then the length of what follows, and that compressed: a
 * JSON head (with spaces up to a multiple of eight bytes) and the columns as they lie in memory, those left out that are zeros. The checksum comes first, so that nothing of a damaged file is believed.
 */
export const INDEX_FORMAT = 2
const MAGIC = Buffer.from('occystrap index\n', 'latin1')
const SUM_START = MAGIC.length + 4
const BODY_START = SUM_START + 32
const CHUNK = 1024 * 1024
/** The width of the widest column's values: columns that start at a multiple of theirs are used where they lie. */
const ALIGNMENT = 8

const headSchema = z.object({
  diffID: z.string(),
  size: z.number().min(0),
  length: z.number().int().min(0),
  namesLength: z.number().int().min(0),
  /** Positions of the columns that are nothing but zeros. */
  zeros: z.array(z.number().int().min(0)),
  rare: z.array(
    z.tuple([
      z.number().int().min(0),
      z.object({
        device: z.object({ major: z.number(), minor: z.number() }).optional(),
        xattrs: z.array(z.tuple([z.string(), z.base64()])).optional(),
        sparse: z.array(z.tuple([z.number(), z.number()])).optional(),
        storedSize: z.number().optional(),
      }),
    ]),
  ),
})
type Head = z.infer<typeof headSchema>

/** The file's bytes. The columns are compressed one by one, not copied into one piece first: they are the largest thing in memory. */
export async function encodeIndex(diffID: Digest, layer: IndexedLayer): Promise<Buffer> {
  const { columns } = layer.table
  const all = columnsOf(columns).map(bytesOf)
  const zeros = [...all.keys()].filter((position) => isZero(all[position] as Uint8Array))
  const head: Head = {
    diffID,
    size: layer.size,
    length: columns.length,
    namesLength: columns.names.byteLength,
    zeros,
    rare: [...columns.rare].map(([row, fields]) => [row, plainOf(fields)]),
  }
  const parts = [headBytesOf(head), ...all.filter((_, position) => !zeros.includes(position)), columns.names]
  const start = Buffer.alloc(BODY_START + 8)
  MAGIC.copy(start)
  start.writeUInt32LE(INDEX_FORMAT, MAGIC.length)
  start.writeBigUInt64LE(BigInt(parts.reduce((sum, part) => sum + part.byteLength, 0)), BODY_START)
  const file = Buffer.concat([start, ...(await compressed(parts))])
  sumOf(file).copy(file, SUM_START)
  return file
}

/** Its length, and the head itself. */
function headBytesOf(head: Head): Buffer {
  const json = Buffer.from(JSON.stringify(head))
  const bytes = Buffer.alloc(Math.ceil((4 + json.length) / ALIGNMENT) * ALIGNMENT, ' ')
  bytes.writeUInt32LE(bytes.length - 4)
  json.copy(bytes, 4)
  return bytes
}

async function compressed(parts: readonly Uint8Array[]): Promise<Buffer[]> {
  const engine = createZstdCompress({
    chunkSize: CHUNK,
    // The first level holds the least memory beside a table that may itself be the largest thing there is.
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
  const pieces: Buffer[] = []
  for await (const piece of Readable.from(parts.filter((part) => part.byteLength > 0)).pipe(engine))
    pieces.push(piece as Buffer)
  return pieces
}

/** What the file says of the layer; undefined where it is damaged, of another version or about another layer. */
export function decodeIndex(diffID: Digest, file: Buffer): IndexedLayer | undefined {
  if (file.length < BODY_START + 8 || !file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  if (file.readUInt32LE(MAGIC.length) !== INDEX_FORMAT) return undefined
  if (!sumOf(file).equals(file.subarray(SUM_START, BODY_START))) return undefined
  const length = Number(file.readBigUInt64LE(BODY_START))
  // In one piece: gathered from small ones it would be in memory twice.
  const bytes = zstdDecompressSync(file.subarray(BODY_START + 8), { chunkSize: length + 1 })
  const headEnd = 4 + bytes.readUInt32LE(0)
  const head = headSchema.parse(JSON.parse(bytes.toString('utf8', 4, headEnd)))
  return head.diffID === diffID ? { table: tableOf(head, bytes, headEnd), size: head.size } : undefined
}

function sumOf(file: Buffer): Buffer {
  return createHash('sha256').update(file.subarray(BODY_START)).digest()
}

/** The columns in the order of the file, widest first. */
function columnsOf(columns: EntryColumns): readonly NodeJS.TypedArray[] {
  const { sizes, mtimes, offsets, pathEnds, linkEnds, uids, gids, mtimeNanoseconds, modes, types } = columns
  return [sizes, mtimes, offsets, pathEnds, linkEnds, uids, gids, mtimeNanoseconds, modes, types]
}

function tableOf(head: Head, bytes: Buffer, start: number): EntryTable {
  const { length } = head
  let at = start
  let position = 0
  const taken = (size: number): Uint8Array => bytes.subarray(at, (at += size))
  // Memory that nobody writes to takes none.
  const next = (width: number): ColumnMemory =>
    head.zeros.includes(position++)
      ? [new ArrayBuffer(width * length), 0, length]
      : memoryOf(taken(width * length), width)
  return new EntryTable({
    length,
    // In the order of `columnsOf`.
    sizes: new Float64Array(...next(8)),
    mtimes: new Float64Array(...next(8)),
    offsets: new Float64Array(...next(8)),
    pathEnds: new Uint32Array(...next(4)),
    linkEnds: new Uint32Array(...next(4)),
    uids: new Uint32Array(...next(4)),
    gids: new Uint32Array(...next(4)),
    mtimeNanoseconds: new Uint32Array(...next(4)),
    modes: new Uint16Array(...next(2)),
    types: new Uint8Array(...next(1)),
    names: taken(head.namesLength),
    rare: new Map(head.rare.map(([row, fields]) => [row, rareOf(fields)])),
  })
}

type ColumnMemory = readonly [buffer: ArrayBuffer, offset: number, length: number]

/** Where the column lies, or a copy of it where it does not start at a multiple of its values' width. */
function memoryOf(bytes: Uint8Array, width: number): ColumnMemory {
  const column = bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes)
  return [column.buffer as ArrayBuffer, column.byteOffset, column.byteLength / width]
}

/** By comparing it with itself, one byte further on. */
function isZero(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true
  return bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0
}

function bytesOf(column: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
}

function plainOf(fields: RareFields): Head['rare'][number][1] {
  const { device, xattrs, sparse, storedSize } = fields
  return {
    ...(device ? { device: { ...device } } : {}),
    ...(xattrs
      ? { xattrs: Object.entries(xattrs).map(([k, v]) => [k, Buffer.from(v).toString('base64')]) }
      : {}),
    ...(sparse ? { sparse: sparse.map(([offset, length]) => [offset, length]) } : {}),
    ...(storedSize === undefined ? {} : { storedSize }),
  }
}

function rareOf(fields: Head['rare'][number][1]): RareFields {
  const { device, xattrs, sparse, storedSize } = fields
  return {
    ...(device ? { device } : {}),
    ...(xattrs ? { xattrs: attributesOf(xattrs) } : {}),
    ...(sparse ? { sparse } : {}),
    ...(storedSize === undefined ? {} : { storedSize }),
  }
}

/** Without a prototype: the names are the image's own, `__proto__` among them. */
function attributesOf(pairs: readonly (readonly [string, string])[]): Record<string, Uint8Array> {
  const attributes: Record<string, Uint8Array> = Object.create(null)
  for (const [name, value] of pairs) attributes[name] = Buffer.from(value, 'base64')
  return attributes
}
