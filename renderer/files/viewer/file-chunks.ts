import {
  useInfiniteQuery,
  useQuery,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import type { FileChunk } from '../../../shared/files.ts'
import type { SourceSpec } from '../../../shared/uri.ts'
import { useClient, type Client } from '../../client.ts'
import { imageKey } from '../../image/image-queries.ts'
import type { Viewed } from '../../image/image-views.ts'

/** A window of a file's bytes, decoded. */
export interface Chunk extends Omit<FileChunk, 'base64'> {
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Bytes asked for at once: the viewer's first look, and each further one. */
export const CHUNK_SIZE = 256 * 1024
/** The most the contract lets one answer carry; pictures are read in such pieces. */
const LARGEST_CHUNK = 1024 * 1024
/** A picture of more bytes than this is shown as bytes: decoding it could take the window's memory. */
export const MOST_PICTURE = 32 * 1024 * 1024

export function chunkOf({ base64, ...rest }: FileChunk): Chunk {
  return { ...rest, bytes: bytesOfBase64(base64) }
}

function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

interface Reading {
  readonly client: Client
  readonly source: SourceSpec
  readonly viewed: Viewed
}

async function readChunk(
  { client, source, viewed }: Reading,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Chunk> {
  const { tree, path } = viewed
  return chunkOf(await client.files.read({ source, tree, path, offset, length }, { signal }))
}

/** The file from its start, chunk after chunk as the person asks for more. */
export function useFileStart(
  source: SourceSpec,
  viewed: Viewed,
): UseInfiniteQueryResult<{ readonly pages: readonly Chunk[] }> {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: [...imageKey(source), 'read', viewed, 'start'],
    queryFn: ({ pageParam, signal }) => readChunk({ client, source, viewed }, pageParam, CHUNK_SIZE, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => {
      const next = last.offset + last.bytes.length
      return last.bytes.length > 0 && next < last.size ? next : undefined
    },
    gcTime: 30_000,
  })
}

/** All bytes of a picture, as a blob of the type the engine found in its first bytes; null where it is too large. */
export function usePicture(
  source: SourceSpec,
  viewed: Viewed,
  size: number,
  mediaType: string,
): UseQueryResult<Blob> {
  const client = useClient()
  return useQuery({
    queryKey: [...imageKey(source), 'read', viewed, 'picture'],
    queryFn: async ({ signal }) => {
      const parts: Uint8Array<ArrayBuffer>[] = []
      for (let at = 0; at < size;) {
        const chunk = await readChunk({ client, source, viewed }, at, LARGEST_CHUNK, signal)
        if (chunk.bytes.length === 0) break
        parts.push(chunk.bytes)
        at += chunk.bytes.length
      }
      return new Blob(parts, { type: mediaType })
    },
    enabled: size <= MOST_PICTURE,
    gcTime: 30_000,
  })
}

/** Reads the bytes of one page of the hex view. */
export function usePageReader(
  source: SourceSpec,
  viewed: Viewed,
): (offset: number, length: number, signal: AbortSignal) => Promise<Chunk> {
  const client = useClient()
  return (offset, length, signal) => readChunk({ client, source, viewed }, offset, length, signal)
}
