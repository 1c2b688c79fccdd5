import { z } from 'zod'
import { errorReportSchema } from './errors.ts'
import { warningSchema } from './image.ts'
import { digestSchema } from './schemas.ts'
import { destinationSpecSchema, filterSpecSchema, sourceSpecSchema } from './uri.ts'

/** What a job is to do, as data: a wizard, a command line and a retry all submit one of these. */
export const jobSpecSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('convert'),
    input: sourceSpecSchema,
    filters: z.array(filterSpecSchema).default([]),
    output: destinationSpecSchema,
  }),
  /** Read every layer once, verify it, and put its entries into the layer index. */
  z.object({ kind: z.literal('index'), input: sourceSpecSchema }),
  /** The same for every image of an engine, so that a search over all images knows them. */
  z.object({ kind: z.literal('index-engine'), socket: z.string().min(1) }),
  /** Save one path of the merged tree up to `layer` (the whole image unless said), or of that layer alone: a file as it is, a folder as a tar. */
  z.object({
    kind: z.literal('save-path'),
    input: sourceSpecSchema,
    /** PathBytes */
    path: z.string(),
    layer: z.number().int().min(0).optional(),
    isMerged: z.boolean().default(true),
    destination: z.string().min(1),
  }),
  /** Save what a search found as one tar, each path as the layer has it that it was found in. */
  z.object({
    kind: z.literal('save-hits'),
    input: sourceSpecSchema,
    hits: z
      .array(z.object({ layer: z.number().int().min(0), /** PathBytes */ path: z.string() }))
      .min(1)
      .max(10_000),
    destination: z.string().min(1),
  }),
  /** Save one layer: as it is stored, or uncompressed. */
  z.object({
    kind: z.literal('save-layer'),
    input: sourceSpecSchema,
    diffID: digestSchema,
    isUncompressed: z.boolean().default(true),
    destination: z.string().min(1),
  }),
  /** Mount an image of a folder of overlay mounts; needs root. */
  z.object({
    kind: z.literal('mount'),
    path: z.string().min(1),
    imageID: digestSchema,
    /** What it goes by, for people. */
    reference: z.string().optional(),
  }),
  /** Take away every mount in such a folder. */
  z.object({ kind: z.literal('unmount'), path: z.string().min(1) }),
])
export type JobSpec = z.infer<typeof jobSpecSchema>

/** A `paused` job keeps its process and what it has done; a resumed one waits for its turn again. */
export const jobPhaseSchema = z.enum([
  'waiting',
  'running',
  'paused',
  'cancelling',
  'done',
  'failed',
  'cancelled',
])
export type JobPhase = z.infer<typeof jobPhaseSchema>

/** One line of progress: a layer by its diffID, or a piece of work in words. */
export const jobStepSchema = z.object({
  name: z.string(),
  /** Bytes done. */
  done: z.number(),
  /** Bytes in all; null where nobody knows. */
  total: z.number().nullable(),
})
export type JobStep = z.infer<typeof jobStepSchema>

export const jobOutcomeSchema = z.object({
  /** The file or folder that was written. */
  path: z.string().optional(),
  /** The image as it was written: a rewriting filter changes it. */
  imageID: digestSchema.optional(),
  references: z.array(z.string()).optional(),
  bytesWritten: z.number().optional(),
  /** Bytes that came over the network, and bytes of the same blobs that were there from an earlier pull. */
  bytesFetched: z.number().optional(),
  bytesKept: z.number().optional(),
  /** A bundle: who starts it, root or the user who wrote it. */
  startedBy: z.enum(['root', 'user']).optional(),
  /** A bundle: a runtime that the computer has on which it was written. */
  runtime: z.enum(['runc', 'crun']).optional(),
  /** Where the image is mounted now. */
  mountedAt: z.string().optional(),
  /** How many mounts were taken away. */
  unmounted: z.number().int().optional(),
  /** Images of an engine of which layers were read, those whose layers were all known, and those that could not be read. */
  imagesRead: z.number().int().optional(),
  imagesKnown: z.number().int().optional(),
  imagesFailed: z.number().int().optional(),
})
export type JobOutcome = z.infer<typeof jobOutcomeSchema>

/** Everything the window knows of a job; pushed whole, at most twenty times a second. */
export const jobStateSchema = z.object({
  id: z.string(),
  spec: jobSpecSchema.or(z.object({ kind: z.literal('upload'), name: z.string(), size: z.number() })),
  /** What it does, in words: "Export debian:12 to debian.tar". */
  title: z.string(),
  phase: jobPhaseSchema,
  submitted: z.number(),
  started: z.number().nullable(),
  ended: z.number().nullable(),
  steps: z.array(jobStepSchema),
  /** Bytes over all steps; total is null until the steps are known. */
  done: z.number(),
  total: z.number().nullable(),
  warnings: z.array(warningSchema),
  error: errorReportSchema.nullable(),
  outcome: jobOutcomeSchema.nullable(),
})
export type JobState = z.infer<typeof jobStateSchema>

/** Whether a job of this kind can be paused: what reads layers for the index has a place to stop after each of them. */
export function canPause({ kind }: JobState['spec']): boolean {
  return kind === 'index' || kind === 'index-engine'
}

export function isEnded(phase: JobPhase): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'cancelled'
}
