import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Digest } from '../../shared/digest.ts'
import type { ContentQuery } from '../../shared/query.ts'
import type { Compression } from './compression.ts'
import type { LentLayer } from './element.ts'
import { entryFile } from './entry-file.ts'
import { tooSlow } from './entry-search.ts'
import type { Findings, FindingLimits } from './file-scanner.ts'
import { Pulse, PulseWatch } from './pulse.ts'
import type { ScanFiles } from './scan-files.ts'
import { SharedProgress } from './shared-progress.ts'
import { onThread } from './threads.ts'

/** A layer whose files are to be searched on a thread, as data. */
export interface ContentScan {
  readonly diffID: Digest
  readonly name: string
  readonly fd: number
  readonly offset: number
  /** Bytes as stored. */
  readonly size: number
  readonly compression: Compression
  readonly query: ContentQuery
  readonly files: ScanFiles
  readonly limits: FindingLimits
  /** Of a SharedProgress, which counts bytes of content. */
  readonly progress: SharedArrayBuffer
  /** Of a Pulse, which beats for each piece that is matched. */
  readonly pulse: SharedArrayBuffer
  /** Gets findings as they are made. */
  readonly port: MessagePort
}

export interface ContentScanned {
  /** What the port was not sent. */
  readonly rest: Findings
}

const scanOnThread = onThread<ContentScan, ContentScanned>(entryFile('content-thread', import.meta.url))

export interface ScanOptions {
  readonly signal: AbortSignal
  readonly onFindings: (findings: Findings) => void
  /** Bytes of content so far. */
  readonly onProgress: (done: number) => void
  readonly limits: FindingLimits
  /** Milliseconds that one piece may take. */
  readonly patience?: number | undefined
}

/**
 * Searches files of a layer on a thread. Fails with `usage` for an expression that is none, and with `limit` where matching does not come to an
 * end: the thread is ended then, as nothing else interrupts a regular expression.
 */
export async function scanContents(
  layer: Omit<LentLayer, keyof Disposable> & { readonly diffID: Digest; readonly name: string },
  query: ContentQuery,
  files: ScanFiles,
  { signal, onFindings, onProgress, limits, patience }: ScanOptions,
): Promise<void> {
  const { diffID, name, fd, offset, size, compression } = layer
  const progress = new SharedProgress()
  progress.readable = size
  const pulse = new Pulse()
  const watch = new PulseWatch(pulse, patience)
  const { port1, port2 } = new MessageChannel()
  // All that was sent is heard before this.
  const closed = new Promise<void>((resolve) => {
    port1.once('close', resolve)
  })
  port1.on('message', onFindings)
  try {
    const { rest } = await scanOnThread(
      {
        diffID,
        name,
        fd,
        offset,
        size,
        compression,
        query,
        files,
        limits,
        progress: progress.memory,
        pulse: pulse.memory,
        port: port2,
      },
      progress,
      { signal, onProgress, ports: [port2], stuck: () => (watch.isStuck() ? tooSlow() : undefined) },
    )
    await closed
    onFindings(rest)
  } finally {
    port1.close()
  }
}
