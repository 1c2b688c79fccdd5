import { createContext, useContext } from 'react'
import type { AppInfo } from '../shared/contract.ts'
import { errorOfReport, errorReportSchema, ImageError } from '../shared/errors.ts'
import { isEnded, type JobState } from '../shared/job.ts'
import type { Client } from './client.ts'
import { useJobStore } from './jobs/job-store.ts'
import { useShell, type PickerRequest } from './store.ts'
import { sessionSecret, type Bridge } from './wires.ts'

/**
 * What differs between Electron and a browser, and nothing else. Every `pick…` answers null where the person dismissed it; what they
 * picked to save may be written afterwards. `purpose` names the kind of dialog, whose last folder is remembered.
 */
export interface Host {
  readonly info: AppInfo
  /** Path of a dropped file where the engine can read it; the browser host uploads it first (seen as a job, cancelled by `signal`). */
  pathOf(file: File, signal?: AbortSignal): Promise<string>
  pickOpen(options: { folders: boolean; purpose: string }): Promise<readonly string[] | null>
  pickSave(options: { suggestedName: string; purpose: string }): Promise<string | null>
  pickFolder(options: { purpose: string }): Promise<string | null>
}

export function createHost(client: Client, info: AppInfo, bridge: Bridge | undefined): Host {
  return {
    info,
    pathOf: bridge ? (file) => pathOnDisk(bridge, file) : (file, signal) => upload(client, file, signal),
    ...(info.hasDialogs ? nativeDialogs(client) : ownPicker(client)),
  }
}

type Dialogs = Pick<Host, 'pickOpen' | 'pickSave' | 'pickFolder'>

function nativeDialogs(client: Client): Dialogs {
  return {
    pickOpen: (options) => client.dialogs.open(options),
    pickSave: (options) => client.dialogs.save(options),
    pickFolder: (options) => client.dialogs.folder(options),
  }
}

function ownPicker(client: Client): Dialogs {
  const ask = (request: Omit<PickerRequest, 'resolve'>): Promise<string | null> =>
    new Promise((resolve) => useShell.getState().openPicker({ ...request, resolve }))
  const askToWrite = async (request: Omit<PickerRequest, 'resolve'>): Promise<string | null> => {
    const path = await ask(request)
    if (path !== null) await client.picker.choose({ path })
    return path
  }
  return {
    pickOpen: async ({ folders, purpose }) => {
      const path = await ask({ mode: folders ? 'folder' : 'file', purpose })
      return path === null ? null : [path]
    },
    pickSave: ({ suggestedName, purpose }) => askToWrite({ mode: 'save', purpose, suggestedName }),
    pickFolder: ({ purpose }) => askToWrite({ mode: 'folder', purpose }),
  }
}

function pathOnDisk(bridge: Bridge, file: File): Promise<string> {
  const path = bridge.pathOf(file)
  if (path !== '') return Promise.resolve(path)
  return Promise.reject(
    new ImageError('not-found', `${file.name} is not a file on this computer.`, {
      remedy: 'Save it to a folder first, then drop it from there.',
    }),
  )
}

async function upload(client: Client, file: File, signal?: AbortSignal): Promise<string> {
  const request = new AbortController()
  signal?.addEventListener('abort', () => void cancelUpload(client, file, request), { once: true })
  const query = new URLSearchParams({ name: file.name, size: String(file.size) })
  const secret = await sessionSecret()
  const response = await fetch(`/upload?${query}`, {
    method: 'PUT',
    body: file,
    credentials: 'same-origin',
    headers: { 'content-type': 'application/octet-stream', 'x-occystrap-secret': secret },
    signal: request.signal,
  }).catch(async (error: unknown) => {
    throw await cutShort(file, error)
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok && isUploaded(body)) return body.path
  const report = errorReportSchema.safeParse(body)
  if (report.success) throw errorOfReport(report.data)
  throw new ImageError('io', `${file.name} could not be sent to the server.`, {
    detail: `HTTP ${response.status}`,
  })
}

/** Uploads of a file as the jobs they are, the latest last. */
function uploadsOf(file: File): JobState[] {
  return [...useJobStore.getState().jobs.values()].filter(
    ({ spec }) => spec.kind === 'upload' && spec.name === file.name && spec.size === file.size,
  )
}

/** Cancelled as the job it is, so that it is not listed as one that was cut short; where it is not known as one yet, just ended. */
async function cancelUpload(client: Client, file: File, request: AbortController): Promise<void> {
  const job = uploadsOf(file).find(({ phase }) => !isEnded(phase))
  if (job) await client.jobs.cancel({ id: job.id }).catch(() => undefined)
  request.abort()
}

/** By when a push of the job's end has surely arrived, in milliseconds: twice the longest time between two pushes, and the way. */
const PUSH_TIME = 200

/** A request that broke says nothing of why: whether it was cancelled among the jobs, its job knows. */
async function cutShort(file: File, error: unknown): Promise<unknown> {
  if (!(error instanceof TypeError)) return error
  await new Promise((resolve) => setTimeout(resolve, PUSH_TIME))
  const phase = uploadsOf(file).at(-1)?.phase
  if (phase === 'cancelled' || phase === 'cancelling')
    return new ImageError('cancelled', 'Cancelled.', { cause: error })
  return new ImageError('io', `The connection broke while ${file.name} was sent.`, {
    remedy: 'Drop it again.',
    cause: error,
  })
}

function isUploaded(body: unknown): body is { path: string } {
  return typeof body === 'object' && body !== null && 'path' in body && typeof body.path === 'string'
}

export const HostProvider = createContext<Host | null>(null)

export function useHost(): Host {
  const host = useContext(HostProvider)
  if (!host) throw new Error('useHost outside HostProvider')
  return host
}
