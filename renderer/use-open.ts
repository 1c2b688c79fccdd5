import { useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Candidate } from '../shared/contract.ts'
import { errorOfReport, type ErrorReport } from '../shared/errors.ts'
import type { ImageInfo } from '../shared/image.ts'
import { familiarName } from '../shared/reference.ts'
import { keyOfSource } from '../shared/source-name.ts'
import { pathOfSource } from '../shared/source-name.ts'
import type { SourceSpec } from '../shared/uri.ts'
import { failureOf, useClient } from './client.ts'
import { useHost } from './host.ts'
import { isRemote, titleOf } from './names.ts'
import { baseName } from './parts/format.ts'
import { infoKey, recentKey } from './queries.ts'
import { clearFailures, noticeFailure } from './shell/notices.tsx'
import { useShell } from './store.ts'

/** The ways in. None rejects: a failure is told in the window and changes nothing. */
export interface Open {
  /** Dropped files and folders; the browser host uploads files first. */
  readonly files: (files: readonly File[]) => Promise<void>
  readonly paths: (paths: readonly string[]) => Promise<void>
  /** An image that is known: one of several in a file, one that a picker found, or a recent one. */
  readonly image: (source: SourceSpec, references?: readonly string[]) => Promise<void>
  /** Asks for a file or a folder. */
  readonly pick: (what: 'file' | 'folder') => Promise<void>
  readonly sample: () => Promise<void>
}

/** An uploaded copy lies where nobody looks: the person knows the file by its name. */
function withoutPlace(report: ErrorReport, path: string, name: string): ErrorReport {
  return { ...report, message: report.message.replaceAll(path, name) }
}

/** Whether the person can say what a registry wants: who they are, or that it is to be trusted. */
function isAnswerable({ code }: ErrorReport): boolean {
  return code === 'sign-in' || code === 'certificate'
}

let lastOpening = 0

/** Runs a piece of opening as a line of the window that can be cancelled. */
async function asOpening(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { addOpening, removeOpening } = useShell.getState()
  const controller = new AbortController()
  const id = ++lastOpening
  clearFailures()
  addOpening({ id, name, cancel: () => controller.abort() })
  try {
    await work(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) noticeFailure(name, failureOf(error))
  } finally {
    removeOpening(id)
  }
}

export function useOpen(): Open {
  const client = useClient()
  const host = useHost()
  const queries = useQueryClient()

  return useMemo(() => {
    /** The image is read before it is shown: what cannot be opened changes nothing. */
    const enter = async (
      source: SourceSpec,
      signal: AbortSignal,
      references?: readonly string[],
    ): Promise<void> => {
      const { openImages, showImage } = useShell.getState()
      const id = keyOfSource(source)
      if (openImages.some((image) => image.id === id)) {
        showImage(source, titleOf(source, references))
        return
      }
      // It may be another one than when it was last open: the file was replaced, or the name given to another image.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[1] === id })
      const info = await queries.fetchQuery({
        queryKey: infoKey(source),
        queryFn: async (): Promise<ImageInfo> =>
          client.images.inspect(isRemote(source) ? { source, isFresh: true } : { source }, { signal }),
      })
      signal.throwIfAborted()
      await client.images.remember({ source })
      // Manifest and config are enough for the page; layers come over the network when somebody looks into them (image/use-reading.ts).
      if (!isRemote(source)) await client.jobs.submit({ kind: 'index', input: source })
      showImage(source, titleOf(source, references ?? info.references))
      await queries.invalidateQueries({ queryKey: recentKey })
    }

    const recognise = async (path: string, signal: AbortSignal): Promise<void> => {
      const candidates: readonly Candidate[] = await client.images.recognise({ path }, { signal })
      const [first, second] = candidates
      if (second) useShell.getState().addChoice({ path, candidates })
      else if (first) await enter(first.source, signal, first.references)
    }

    const paths: Open['paths'] = async (paths) => {
      await Promise.all(paths.map((path) => asOpening(baseName(path), (signal) => recognise(path, signal))))
    }

    return {
      image: (source, references) =>
        asOpening(titleOf(source, references), async (signal) => {
          try {
            await enter(source, signal, references)
          } catch (error) {
            // The registry picker has the form for what is missing, and asks again with it.
            if (source.kind !== 'registry' || !isAnswerable(failureOf(error))) throw error
            useShell.getState().openRegistries({ text: familiarName(source.image), isWhole: true })
          }
        }),
      paths,
      files: async (files) => {
        await Promise.all(
          files.map((file) =>
            asOpening(file.name, async (signal) => {
              const path = await host.pathOf(file, signal)
              await recognise(path, signal).catch((error: unknown) => {
                throw errorOfReport(withoutPlace(failureOf(error), path, file.name))
              })
            }),
          ),
        )
      },
      pick: async (what) => {
        try {
          const picked = await host.pickOpen({ folders: what === 'folder', purpose: 'open' })
          if (picked) await paths(picked)
        } catch (error) {
          noticeFailure(`Open a ${what}`, failureOf(error))
        }
      },
      sample: () =>
        asOpening('Sample image', async (signal) => {
          const source = await client.app.sample(undefined, { signal })
          const path = pathOfSource(source)
          if (path === undefined) await enter(source, signal)
          else await recognise(path, signal)
        }),
    }
  }, [client, host, queries])
}
