import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { errorReportSchema } from './errors.ts'
import {
  comparisonSchema,
  fileChunkSchema,
  pathVersionSchema,
  rowsQuerySchema,
  rowsWindowSchema,
  treeSchema,
} from './files.ts'
import { imageInfoSchema } from './image.ts'
import { digestSchema, platformSchema } from './schemas.ts'
import { jobSpecSchema, jobStateSchema } from './job.ts'
import {
  contentQuerySchema,
  contentWindowSchema,
  everywhereWindowSchema,
  searchQuerySchema,
  searchWindowSchema,
} from './query.ts'
import { engineImageSchema, engineSchema, keepSchema, namesPageSchema, resolvedSchema } from './remote.ts'
import { recentImageSchema } from './recent.ts'
import { settingsChangeSchema, settingsSchema } from './settings.ts'
import { fileSourceSchema, sourceSpecSchema } from './uri.ts'

/** Every procedure fails with this one error; its data is the report to show. */
const base = oc.errors({ FAILED: { data: errorReportSchema } })

/** One image found in a file or folder; `source` opens exactly this one. */
export const candidateSchema = z.object({
  source: fileSourceSchema,
  references: z.array(z.string()),
  imageID: digestSchema,
  platform: platformSchema,
  size: z.number().nullable(),
})
export type Candidate = z.infer<typeof candidateSchema>

export const appInfoSchema = z.object({
  version: z.string(),
  host: z.enum(['electron', 'browser']),
  /** node's process.platform. */
  platform: z.string(),
  home: z.string(),
  separator: z.string(),
  /** Whether the host has dialogs of its own; otherwise the window shows its own picker. */
  hasDialogs: z.boolean(),
  /** Whether the host can show a file in the system's file manager. */
  canReveal: z.boolean(),
  /** Whether files can be dragged out of the window. */
  canDrag: z.boolean(),
  /** Whether it runs as root, who alone can mount. */
  isRoot: z.boolean(),
  cacheDir: z.string(),
})
export type AppInfo = z.infer<typeof appInfoSchema>

/** Before anything moves: what an export will do and what stands in its way. */
export const preflightSchema = z.object({
  /** Bytes that will be written; null where a layer's size is not known yet. */
  bytes: z.number().nullable(),
  bytesFree: z.number(),
  /** A file or image of that name is there and will be replaced. */
  exists: z.boolean(),
  /** Nothing may be started while this is not empty. */
  problems: z.array(errorReportSchema),
  /** What is worth knowing. */
  notes: z.array(z.string()),
  /** The same on the command line. */
  command: z.string(),
})
export type Preflight = z.infer<typeof preflightSchema>

export const folderEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  type: z.enum(['file', 'directory']),
  size: z.number(),
  mtime: z.number(),
})
export type FolderEntry = z.infer<typeof folderEntrySchema>

const image = z.object({ source: sourceSpecSchema })
const engine = z.object({ socket: z.string().min(1) })

/** What crosses the wire between window and main process; the same over a MessagePort (Electron) and a WebSocket (browser host). */
export const contract = {
  app: {
    info: base.output(appInfoSchema),
    /** The sample image made at build time. */
    sample: base.output(fileSourceSchema),
    /** Paths handed over by the system: open-with, a second instance's arguments, the menu's "Open…". */
    opened: base.output(eventIterator(z.object({ paths: z.array(z.string()) }))),
  },
  images: {
    /** Every image in a file or folder, recognised by content. */
    recognise: base.input(z.object({ path: z.string() })).output(z.array(candidateSchema)),
    /** With `isFresh` a name is looked up again that a registry or an engine may have given to another image meanwhile. */
    inspect: base.input(image.extend({ isFresh: z.boolean().optional() })).output(imageInfoSchema),
    /** Recent images, latest first. */
    recent: base.output(z.array(recentImageSchema)),
    remember: base.input(image).output(z.void()),
    forget: base.input(image).output(z.void()),
  },
  engines: {
    /** Every engine that the user's settings and the usual places lead to, reachable or not. */
    list: base.output(z.array(engineSchema)),
    images: base.input(engine).output(z.array(engineImageSchema)),
    /** Answers when the engine's images change, or after a while without news; fails when the engine goes away. */
    change: base.input(engine).output(z.object({ isChanged: z.boolean() })),
  },
  registries: {
    /** Repositories of a registry that lists them (most public ones do not). */
    repositories: base
      .input(z.object({ registry: z.string().min(1), insecure: z.boolean() }))
      .output(namesPageSchema),
    /** Tags of a repository, named by a reference without a tag. */
    tags: base.input(z.object({ image: z.string().min(1), insecure: z.boolean() })).output(namesPageSchema),
    /** Platforms and sizes, from manifests alone. */
    resolve: base.input(z.object({ image: z.string().min(1), insecure: z.boolean() })).output(resolvedSchema),
    /** How a sign-in to this registry could be kept; `helper` is the name of the user's credential helper. */
    keeping: base
      .input(z.object({ registry: z.string().min(1) }))
      .output(z.object({ keeps: z.array(keepSchema), helper: z.string().nullable() })),
    /** Tries the credentials, then keeps them as asked. Fails with 'sign-in' where the registry does not take them. */
    signIn: base
      .input(
        z.object({
          registry: z.string().min(1),
          username: z.string().min(1),
          password: z.string().min(1),
          keep: keepSchema,
          insecure: z.boolean(),
        }),
      )
      .output(z.void()),
    /** Forgets what `signIn` kept. */
    signOut: base.input(z.object({ registry: z.string().min(1) })).output(z.void()),
  },
  files: {
    rows: base.input(image.extend({ query: rowsQuerySchema })).output(rowsWindowSchema),
    /** Where a path stands among the rows of a query (its ancestors expanded); null where it is not in the tree. */
    locate: base
      .input(image.extend({ query: rowsQuerySchema, path: z.string() }))
      .output(z.object({ index: z.number().int(), expanded: z.array(z.string()) }).nullable()),
    /** The next visible row whose name starts with the text, after `from` and round to the start; null where none does. */
    typeAhead: base
      .input(image.extend({ query: rowsQuerySchema, text: z.string().min(1), from: z.number().int().min(0) }))
      .output(z.object({ index: z.number().int() }).nullable()),
    history: base.input(image.extend({ path: z.string() })).output(z.array(pathVersionSchema)),
    read: base
      .input(
        image.extend({
          tree: treeSchema,
          path: z.string(),
          offset: z.number().int().min(0),
          length: z
            .number()
            .int()
            .min(1)
            .max(1024 * 1024),
        }),
      )
      .output(fileChunkSchema),
    /** What happened to a file between two layers that have it. */
    compare: base
      .input(
        image.extend({
          /** PathBytes */
          path: z.string(),
          before: z.number().int().min(0),
          after: z.number().int().min(0),
        }),
      )
      .output(comparisonSchema),
  },
  search: {
    names: base
      .input(
        image.extend({
          query: searchQuerySchema,
          /** Only these layers; all where empty. */
          layers: z.array(z.number().int()),
          offset: z.number().int().min(0),
          limit: z.number().int().min(1).max(1000),
        }),
      )
      .output(searchWindowSchema),
    /**
     * Starts to look inside files, or goes on with what the same query has found; the last query of an image goes on until it is done,
     * another is asked, or nobody has asked for some seconds.
     */
    contents: base
      .input(
        image.extend({
          query: contentQuerySchema,
          layers: z.array(z.number().int()),
          offset: z.number().int().min(0),
          limit: z.number().int().min(1).max(1000),
        }),
      )
      .output(contentWindowSchema),
    /** Names in every image that was opened before. */
    everywhere: base
      .input(
        z.object({
          query: searchQuerySchema,
          /** Only these images; all where empty. */
          images: z.array(digestSchema),
          offset: z.number().int().min(0),
          limit: z.number().int().min(1).max(1000),
        }),
      )
      .output(everywhereWindowSchema),
  },
  jobs: {
    submit: base.input(jobSpecSchema).output(jobStateSchema),
    cancel: base.input(z.object({ id: z.string() })).output(z.void()),
    /** Of jobs that read layers for the index only. */
    pause: base.input(z.object({ id: z.string() })).output(z.void()),
    resume: base.input(z.object({ id: z.string() })).output(z.void()),
    retry: base.input(z.object({ id: z.string() })).output(jobStateSchema),
    /** Forget ended jobs: one, or all. */
    clear: base.input(z.object({ id: z.string().optional() })).output(z.void()),
    /** All states at once, then whole lists of those that changed, coalesced. A state of a cleared job is in `gone`. */
    watch: base.output(
      eventIterator(z.object({ states: z.array(jobStateSchema), gone: z.array(z.string()) })),
    ),
    preflight: base.input(jobSpecSchema).output(preflightSchema),
  },
  settings: {
    get: base.output(settingsSchema),
    set: base.input(settingsChangeSchema).output(settingsSchema),
    clearCache: base.output(z.object({ freed: z.number() })),
    cacheSize: base.output(z.object({ bytes: z.number() })),
  },
  /** The system's dialogs (Electron). Each remembers its folder; null is a dismissed dialog. What they return may be written. */
  dialogs: {
    open: base
      .input(z.object({ folders: z.boolean(), purpose: z.string() }))
      .output(z.array(z.string()).nullable()),
    save: base
      .input(z.object({ suggestedName: z.string(), purpose: z.string() }))
      .output(z.string().nullable()),
    folder: base.input(z.object({ purpose: z.string() })).output(z.string().nullable()),
  },
  /** The window's own picker, where the host has no dialogs. Lists regular files and folders only. */
  picker: {
    list: base.input(z.object({ path: z.string().optional(), showHidden: z.boolean() })).output(
      z.object({
        path: z.string(),
        parent: z.string().nullable(),
        entries: z.array(folderEntrySchema),
        isTruncated: z.boolean(),
      }),
    ),
    createFolder: base
      .input(z.object({ parent: z.string(), name: z.string().min(1) }))
      .output(z.object({ path: z.string() })),
    /** The user chose this place: what lies at or below it may be written in this session. */
    choose: base.input(z.object({ path: z.string() })).output(z.void()),
  },
  system: {
    reveal: base.input(z.object({ path: z.string() })).output(z.void()),
    /** Begins to drag a file of an image out of the window; while the button is held. */
    drag: base
      .input(
        image.extend({
          tree: treeSchema,
          /** PathBytes */
          path: z.string(),
        }),
      )
      .output(z.void()),
    quit: base.output(z.void()),
  },
}
