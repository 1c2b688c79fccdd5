import { createHash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { Digest } from '../../shared/digest.ts'
import type { IndexedLayer } from '../image/cache.ts'
import { EntryTable, type EntryColumns, type RareFields } from '../image/entry-table.ts'

/**
 * One layer of the index as a file: magic, format version, sha256 of the rest; then the length of what follows, and that compressed: a
 * JSON head and the columns as they lie in memory. The checksum comes first, so that nothing of a damaged file is believed.
 */
export const INDEX_FORMAT = 1
const MAGIC = Buffer.from('occystrap index\n', 'latin1')
const SUM_START = MAGIC.length + 4
const BODY_START = SUM_START + 32
const CHUNK = 1024 * 1024

const headSchema = z.object({
  diffID: z.string(),
  size: z.number().min(0),
  length: z.number().int().min(0),
  namesLength: z.number().int().min(0),
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

/** The file's bytes. */
export function encodeIndex(diffID: Digest, layer: IndexedLayer): Buffer {
  const { columns } = layer.table
  const head: Head = {
    diffID,
    size: layer.size,
    length: columns.length,
    namesLength: columns.names.byteLength,
    rare: [...columns.rare].map(([row, fields]) => [row, plainOf(fields)]),
  }
  const headBytes = Buffer.from(JSON.stringify(head))
  const headLength = Buffer.alloc(4)
  headLength.writeUInt32LE(headBytes.length)
  const parts = [headLength, headBytes, ...columnsOf(columns).map(bytesOf), columns.names]
  const raw = Buffer.concat(parts)
  const compressed = zstdCompressSync(raw, {
    chunkSize: CHUNK,
    params: { [constants.ZSTD_c_compressionLevel]: 3 },
  })
  const file = Buffer.allocUnsafe(BODY_START + 8 + compressed.length)
  MAGIC.copy(file)
  file.writeUInt32LE(INDEX_FORMAT, MAGIC.length)
  file.writeBigUInt64LE(BigInt(raw.length), BODY_START)
  compressed.copy(file, BODY_START + 8)
  sumOf(file).copy(file, SUM_START)
  return file
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
  const columns = {
    length,
    sizes: new Float64Array(length),
    mtimes: new Float64Array(length),
    offsets: new Float64Array(length),
    pathEnds: new Uint32Array(length),
    linkEnds: new Uint32Array(length),
    uids: new Uint32Array(length),
    gids: new Uint32Array(length),
    mtimeNanoseconds: new Uint32Array(length),
    modes: new Uint16Array(length),
    types: new Uint8Array(length),
    names: new Uint8Array(0),
    rare: new Map(head.rare.map(([row, fields]) => [row, rareOf(fields)])),
  }
  let at = start
  for (const column of columnsOf(columns)) {
    bytesOf(column).set(bytes.subarray(at, at + column.byteLength))
    at += column.byteLength
  }
  return new EntryTable({ ...columns, names: bytes.subarray(at, at + head.namesLength) })
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
