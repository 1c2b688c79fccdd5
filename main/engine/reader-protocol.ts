import { z } from 'zod'
import { errorReportSchema } from '../../shared/errors.ts'
import { signInSchema } from '../../shared/remote.ts'
import { workspaceOptionsSchema } from './job-protocol.ts'

/**
 * What the reader process answers. Inputs and answers are those of the contract's procedures and are checked there, at the wire; here
 * only the envelope is.
 */
export const readerMethodSchema = z.enum([
  'recognise',
  'inspect',
  'rows',
  'locate',
  'typeAhead',
  'history',
  'read',
  'compare',
  'search',
  'searchContents',
  'searchEverywhere',
  'preflight',
  'engines',
  'engineImages',
  'engineChange',
  'repositories',
  'tags',
  'resolve',
  'trySignIn',
])
export type ReaderMethod = z.infer<typeof readerMethodSchema>

export const toReaderSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), workspace: workspaceOptionsSchema }),
  /** Who signs in from now on. */
  z.object({ type: z.literal('sign-ins'), signIns: z.array(signInSchema) }),
  z.object({ type: z.literal('call'), id: z.number(), method: readerMethodSchema, input: z.unknown() }),
  z.object({ type: z.literal('cancel'), id: z.number() }),
])
export type ToReader = z.infer<typeof toReaderSchema>

export const fromReaderSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('answer'), id: z.number(), value: z.unknown() }),
  z.object({ type: z.literal('failed'), id: z.number(), error: errorReportSchema }),
])
export type FromReader = z.infer<typeof fromReaderSchema>
