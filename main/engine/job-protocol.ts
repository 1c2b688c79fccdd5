import { z } from 'zod'
import { errorReportSchema } from '../../shared/errors.ts'
import { warningSchema } from '../../shared/image.ts'
import { signInSchema } from '../../shared/remote.ts'
import { jobOutcomeSchema, jobSpecSchema, jobStepSchema } from '../../shared/job.ts'

/** Where a child finds caches and puts temporary files; the same in every process of one program. */
export const workspaceOptionsSchema = z.object({
  cacheDir: z.string().optional(),
  tempDir: z.string().optional(),
  configDir: z.string().optional(),
  cacheLimit: z.number().optional(),
  /** Secrets among them: they go from process to process, and nowhere else. */
  signIns: z.array(signInSchema).optional(),
})
export type WorkspaceOptions = z.infer<typeof workspaceOptionsSchema>

/** What a job process is told: its job once, then perhaps to pause, to go on, to stop. */
export const toJobSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), spec: jobSpecSchema, workspace: workspaceOptionsSchema }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('cancel') }),
])
export type ToJob = z.infer<typeof toJobSchema>

/** What it answers: progress whole each time, then one ending. */
export const fromJobSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    steps: z.array(jobStepSchema),
    done: z.number(),
    total: z.number().nullable(),
    /** Only when they changed. */
    warnings: z.array(warningSchema).optional(),
  }),
  z.object({ type: z.literal('done'), outcome: jobOutcomeSchema }),
  z.object({ type: z.literal('failed'), error: errorReportSchema }),
])
export type FromJob = z.infer<typeof fromJobSchema>
