import { useCallback } from 'react'
import type { Digest } from '../../shared/digest.ts'
import type { Tree } from '../../shared/files.ts'
import type { JobSpec } from '../../shared/job.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { suggestedName } from '../files/paths.ts'
import { noticeFailure } from '../shell/notices.tsx'

export interface Saving {
  /** A file as it is, a directory as a tar. */
  readonly path: (path: PathBytes, tree: Tree, isDirectory: boolean) => void
  readonly layer: (diffID: Digest, suggestedName: string, isUncompressed: boolean) => void
}

/** Asks where to, then leaves the work to a job: it is seen, and can be cancelled, among the others. */
export function useSave(source: SourceSpec): Saving {
  const client = useClient()
  const host = useHost()
  const save = useCallback(
    async (suggested: string, specOf: (destination: string) => JobSpec): Promise<void> => {
      try {
        const destination = await host.pickSave({ suggestedName: suggested, purpose: 'save' })
        if (destination !== null) await client.jobs.submit(specOf(destination))
      } catch (error) {
        noticeFailure(`Save ${suggested}`, failureOf(error))
      }
    },
    [client, host],
  )
  return {
    path: (path, tree, isDirectory) =>
      void save(suggestedName(path, isDirectory ? '.tar' : ''), (destination) => ({
        kind: 'save-path',
        input: source,
        path,
        ...(tree.layer === undefined ? {} : { layer: tree.layer }),
        isMerged: tree.isMerged,
        destination,
      })),
    layer: (diffID, suggested, isUncompressed) =>
      void save(suggested, (destination) => ({
        kind: 'save-layer',
        input: source,
        diffID,
        isUncompressed,
        destination,
      })),
  }
}
