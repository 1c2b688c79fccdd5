import { z } from 'zod'

export const entryTypeSchema = z.enum(['file', 'directory', 'symlink', 'link', 'fifo', 'char', 'block'])
export type EntryType = z.infer<typeof entryTypeSchema>

/** What a layer did to a path, against the layers below it. */
export const changeSchema = z.enum(['added', 'modified', 'deleted', 'unchanged'])
export type Change = z.infer<typeof changeSchema>

/** Which tree: the merged one up to a layer (the last unless said), or what one layer changed. */
export const treeSchema = z.object({ layer: z.number().int().min(0).optional(), isMerged: z.boolean() })
export type Tree = z.infer<typeof treeSchema>

export const sortSchema = z.object({ by: z.enum(['size', 'name']), isDescending: z.boolean() })
export type Sort = z.infer<typeof sortSchema>

/** One line of the file tree or list. Every text in it is the image's own and must be shown through `visible`. */
export const fileRowSchema = z.object({
  /** PathBytes: the key of every further question. */
  path: z.string(),
  /** Last component, decoded for people. */
  name: z.string(),
  depth: z.number().int(),
  type: entryTypeSchema,
  change: changeSchema,
  /** Bytes: a file's own, a directory's whole subtree. */
  size: z.number(),
  mode: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  mtime: z.number(),
  linkname: z.string().optional(),
  /** The layer that this state of the path comes from (for `deleted`: that deleted it). */
  layer: z.number().int(),
  childCount: z.number().int(),
  isExpanded: z.boolean(),
  /** aria-posinset and aria-setsize, from 1. */
  position: z.number().int(),
  setSize: z.number().int(),
})
export type FileRow = z.infer<typeof fileRowSchema>

export const rowsQuerySchema = z.object({
  tree: treeSchema,
  /** 'tree' shows expanded directories; 'list' shows every file, flat, by full path. */
  view: z.enum(['tree', 'list']),
  sort: sortSchema,
  /** Changes to show; all where empty. */
  changes: z.array(changeSchema),
  /** Substring or glob of the path. Directories above what it or `changes` leaves are shown, expanded. */
  filter: z.string(),
  /** PathBytes of the expanded directories; ignored in 'list'. */
  expanded: z.array(z.string()),
  /** PathBytes of directories that stay closed though a filter would expand them. */
  collapsed: z.array(z.string()).default([]),
  offset: z.number().int().min(0),
  limit: z.number().int().min(1).max(1000),
})
export type RowsQuery = z.infer<typeof rowsQuerySchema>

export const rowsWindowSchema = z.object({
  total: z.number().int(),
  rows: z.array(fileRowSchema),
  /** Layers nobody has read yet; their files are missing from the rows. */
  pendingLayers: z.array(z.number().int()),
  /** Totals of the whole tree, not the window. */
  files: z.number().int(),
  directories: z.number().int(),
  bytes: z.number(),
})
export type RowsWindow = z.infer<typeof rowsWindowSchema>

/** One moment in a path's life. */
export const pathVersionSchema = z.object({
  layer: z.number().int(),
  change: z.enum(['added', 'modified', 'deleted']),
  type: entryTypeSchema.optional(),
  size: z.number().optional(),
  mode: z.number().int().optional(),
  mtime: z.number().optional(),
  createdBy: z.string().optional(),
  /** For `deleted`: the whiteout that did it: the path's own, or that of a directory above it (PathBytes). */
  by: z.string().optional(),
})
export type PathVersion = z.infer<typeof pathVersionSchema>

/** A window of a file's bytes. */
export const fileChunkSchema = z.object({
  size: z.number(),
  offset: z.number(),
  base64: z.string(),
  /** Guessed from the first bytes, never from the name: what the viewer may show it as. */
  looksLike: z.enum(['text', 'image', 'binary']),
  /** For images: the type to give a blob (png, jpeg, gif, webp, bmp, ico; never svg). */
  mediaType: z.string().optional(),
})
export type FileChunk = z.infer<typeof fileChunkSchema>

/** A file as one layer left it. */
const comparedSchema = z.object({ layer: z.number().int(), size: z.number(), sha256: z.string() })

/** Two states of a path: how the text changed, or that something else did. */
export const comparisonSchema = z.object({
  before: comparedSchema,
  after: comparedSchema,
  /** Changes with three lines around them; each line begins with ` `, `-` or `+`. Null where it is not text, or too much of it. */
  hunks: z
    .array(
      z.object({
        /** From 1. */
        beforeLine: z.number().int(),
        afterLine: z.number().int(),
        lines: z.array(z.string()),
      }),
    )
    .nullable(),
  isText: z.boolean(),
})
export type Comparison = z.infer<typeof comparisonSchema>
