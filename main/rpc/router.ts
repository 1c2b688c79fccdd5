import { implement, ORPCError } from '@orpc/server'
import { z } from 'zod'
import { contract, type Candidate, type Preflight } from '../../shared/contract.ts'
import { ImageError, reportOf, type ErrorReport } from '../../shared/errors.ts'
import type { Comparison, FileChunk, PathVersion, RowsWindow } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { EngineImage, EngineInfo, NamesPage, Resolved } from '../../shared/remote.ts'
import type { ContentWindow, EverywhereWindow, SearchWindow } from '../../shared/query.ts'
import { nameOfSource } from '../../shared/source-name.ts'
import { pathOfSource } from '../../shared/source-name.ts'
import type { ReaderMethod } from '../engine/reader-protocol.ts'
import type { HostServices } from './host-services.ts'

const os = implement(contract)

/** A question to the reader process, by whose contract the answer is a `T`. */
type Read = <T>(method: ReaderMethod, input: unknown, signal: AbortSignal | undefined) => Promise<T>

/**
 * The contract, answered by a host's services; nothing here knows which host. One table, in the contract's order, which the compiler
 * holds complete.
 */
export function createRouter(services: HostServices) {
  const { grants, recent, settings, cache, signIns } = services
  const read: Read = async <T>(method: ReaderMethod, input: unknown, signal: AbortSignal | undefined) =>
    (await services.reader.call(method, input, signal)) as T

  return os.router({
    app: {
      info: os.app.info.handler(() => services.info),
      sample: os.app.sample.handler(() => ({ kind: 'tar', path: services.samplePath })),
      opened: os.app.opened.handler(async function* ({ signal }) {
        yield* services.opened.watch(signal)
      }),
    },
    images: {
      recognise: os.images.recognise.handler(({ input, signal }) =>
        read<Candidate[]>('recognise', input, signal),
      ),
      inspect: os.images.inspect.handler(({ input, signal }) => read<ImageInfo>('inspect', input, signal)),
      recent: os.images.recent.handler(() => recent.list()),
      remember: os.images.remember.handler(async ({ input, signal }) => {
        const path = pathOfSource(input.source)
        if (path !== undefined && services.isTemporary(path)) return
        const info = await read<ImageInfo>('inspect', input, signal)
        await recent.remember({
          source: input.source,
          title: info.reference ?? nameOfSource(input.source),
          imageID: info.imageID,
          size: info.size ?? info.compressedSize,
        })
      }),
      forget: os.images.forget.handler(({ input }) => recent.forget(input.source)),
    },
    engines: {
      list: os.engines.list.handler(({ signal }) => read<EngineInfo[]>('engines', undefined, signal)),
      images: os.engines.images.handler(({ input, signal }) =>
        read<EngineImage[]>('engineImages', input, signal),
      ),
      change: os.engines.change.handler(({ input, signal }) =>
        read<{ isChanged: boolean }>('engineChange', input, signal),
      ),
    },
    registries: {
      repositories: os.registries.repositories.handler(({ input, signal }) =>
        read<NamesPage>('repositories', input, signal),
      ),
      tags: os.registries.tags.handler(({ input, signal }) => read<NamesPage>('tags', input, signal)),
      resolve: os.registries.resolve.handler(({ input, signal }) => read<Resolved>('resolve', input, signal)),
      keeping: os.registries.keeping.handler(({ input }) => signIns.keeping(input.registry)),
      signIn: os.registries.signIn.handler(async ({ input, signal }) => {
        const { registry, username, password, keep, insecure } = input
        const signIn = { registry, username, secret: password }
        await read('trySignIn', { signIn, insecure }, signal)
        await signIns.keep(signIn, keep)
      }),
      signOut: os.registries.signOut.handler(({ input }) => signIns.forget(input.registry)),
    },
    files: {
      rows: os.files.rows.handler(({ input, signal }) => read<RowsWindow>('rows', input, signal)),
      locate: os.files.locate.handler(({ input, signal }) =>
        read<{ index: number; expanded: string[] } | null>('locate', input, signal),
      ),
      typeAhead: os.files.typeAhead.handler(({ input, signal }) =>
        read<{ index: number } | null>('typeAhead', input, signal),
      ),
      history: os.files.history.handler(({ input, signal }) => read<PathVersion[]>('history', input, signal)),
      read: os.files.read.handler(({ input, signal }) => read<FileChunk>('read', input, signal)),
      compare: os.files.compare.handler(({ input, signal }) => read<Comparison>('compare', input, signal)),
    },
    search: {
      names: os.search.names.handler(({ input, signal }) => read<SearchWindow>('search', input, signal)),
      contents: os.search.contents.handler(({ input, signal }) =>
        read<ContentWindow>('searchContents', input, signal),
      ),
      everywhere: os.search.everywhere.handler(({ input, signal }) =>
        read<EverywhereWindow>('searchEverywhere', input, signal),
      ),
    },
    jobs: jobRoutes(services, read),
    settings: {
      get: os.settings.get.handler(() => settings.get()),
      set: os.settings.set.handler(({ input }) => settings.set(input)),
      clearCache: os.settings.clearCache.handler(async () => ({ freed: await cache.clear() })),
      cacheSize: os.settings.cacheSize.handler(async () => ({ bytes: await cache.size() })),
    },
    dialogs: {
      open: os.dialogs.open.handler(({ input }) => dialogsOf(services).open(input)),
      save: os.dialogs.save.handler(async ({ input }) => {
        const path = await dialogsOf(services).save(input)
        if (path !== null) await grants.grant(path)
        return path
      }),
      folder: os.dialogs.folder.handler(async ({ input }) => {
        const path = await dialogsOf(services).folder(input)
        if (path !== null) await grants.grant(path)
        return path
      }),
    },
    picker: {
      list: os.picker.list.handler(({ input }) => pickerOf(services).list(input)),
      createFolder: os.picker.createFolder.handler(({ input }) => pickerOf(services).createFolder(input)),
      // Only where there are no dialogs may the page say what its user chose.
      choose: os.picker.choose.handler(({ input }) => {
        pickerOf(services)
        return grants.grant(input.path)
      }),
    },
    system: {
      reveal: os.system.reveal.handler(({ input }) => services.reveal(input.path)),
      drag: os.system.drag.handler(async ({ input, signal }) => {
        await services.dragOut?.({
          path: input.path,
          read: async (offset, length) => {
            const { size, base64 } = await read<FileChunk>('read', { ...input, offset, length }, signal)
            return { size, bytes: Buffer.from(base64, 'base64') }
          },
        })
      }),
      quit: os.system.quit.handler(() => services.quit()),
    },
  })
}

/** Of the contract's `jobs`. */
function jobRoutes({ engine, grants }: HostServices, read: Read) {
  return {
    submit: os.jobs.submit.handler(async ({ input }) => {
      await grants.assertAllowed(input)
      return engine.submit(input)
    }),
    cancel: os.jobs.cancel.handler(({ input }) => engine.cancel(input.id)),
    pause: os.jobs.pause.handler(({ input }) => engine.pause(input.id)),
    resume: os.jobs.resume.handler(({ input }) => engine.resume(input.id)),
    // A job that is on the list was allowed when it was submitted.
    retry: os.jobs.retry.handler(({ input }) => engine.retry(input.id)),
    clear: os.jobs.clear.handler(({ input }) => engine.clear(input.id)),
    watch: os.jobs.watch.handler(async function* ({ signal }) {
      yield* engine.watch(signal)
    }),
    preflight: os.jobs.preflight.handler(({ input, signal }) => read<Preflight>('preflight', input, signal)),
  }
}

/** For both handlers' `clientInterceptors`: whatever goes wrong, also a malformed input, reaches the window as a report. */
export async function reportErrors<T>(options: { next(): Promise<T> }): Promise<T> {
  try {
    return await options.next()
  } catch (error) {
    const data = wireReport(error)
    throw new ORPCError('FAILED', { defined: true, status: 500, message: data.message, data, cause: error })
  }
}

function wireReport(error: unknown): ErrorReport {
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST')
    return {
      code: 'usage',
      message: 'This request is not one that Occystrap knows.',
      detail: detailOf(error),
    }
  return reportOf(error)
}

const issuesSchema = z.object({ issues: z.array(z.object({ message: z.string() })) })

function detailOf(error: ORPCError<string, unknown>): string {
  const { data } = issuesSchema.safeParse(error.data)
  return data ? data.issues.map((issue) => issue.message).join('\n') : error.message
}

function dialogsOf(services: HostServices): NonNullable<HostServices['dialogs']> {
  if (services.dialogs) return services.dialogs
  throw new ImageError('unsupported', 'There are no system dialogs in a browser.')
}

function pickerOf(services: HostServices): NonNullable<HostServices['picker']> {
  if (services.picker) return services.picker
  throw new ImageError('unsupported', 'The system has dialogs of its own.')
}
