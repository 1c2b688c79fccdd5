import type { AppInfo, Candidate } from '../../shared/contract.ts'
import type { Digest } from '../../shared/digest.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobSpec, JobState } from '../../shared/job.ts'
import type { EngineImage, EngineInfo } from '../../shared/remote.ts'
import type { RecentImage } from '../../shared/recent.ts'
import { settingsSchema, type Settings } from '../../shared/settings.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { Client } from '../../renderer/client.ts'

/** Procedures of a part of the contract that a test answers itself. */
export type Answers = { readonly [Part in keyof Client]?: Partial<Client[Part]> }

export interface FakeClient {
  readonly client: Client
  /** Every call so far, in order: `jobs.submit` and its input. */
  readonly calls: readonly { readonly name: string; readonly input: unknown }[]
  /** The inputs of the calls of one procedure. */
  callsOf(name: string): unknown[]
  /** What the main process would push: states that changed, ids of cleared jobs. */
  push(states: readonly JobState[], gone?: readonly string[]): void
}

export const digestOf = (digit: string): Digest => `sha256:${digit.repeat(64)}`

export const fakeInfo: AppInfo = {
  version: '1.2.3',
  host: 'browser',
  platform: 'linux',
  home: '/home/ada',
  separator: '/',
  hasDialogs: false,
  canReveal: false,
  canDrag: false,
  isRoot: false,
  cacheDir: '/home/ada/.cache/occystrap',
}

export const debian: SourceSpec = { kind: 'tar', path: '/images/debian.tar' }

export const debianInfo: ImageInfo = {
  reference: 'docker.io/library/debian:12',
  references: ['docker.io/library/debian:12'],
  imageID: digestOf('a'),
  platform: { os: 'linux', architecture: 'amd64' },
  created: '2026-01-02T03:04:05Z',
  config: { Cmd: ['bash'] },
  size: 3_000_000,
  compressedSize: 3_000_000,
  layers: [
    { index: 0, diffID: digestOf('1'), size: 2_000_000, compressedSize: 2_000_000, mediaType: 'tar' },
    { index: 1, diffID: digestOf('2'), size: 1_000_000, compressedSize: 1_000_000, mediaType: 'tar' },
  ],
  history: [
    { createdBy: 'ADD rootfs.tar /', layerIndex: 0 },
    { createdBy: 'RUN true', layerIndex: 1 },
  ],
  format: 'docker archive',
  warnings: [],
}

export const docker: EngineInfo = {
  socket: '/var/run/docker.sock',
  name: 'Docker',
  origin: 'the usual place',
  state: 'ready',
  kind: 'docker',
  version: '28.0.1',
  isDefault: true,
}

export const podman: EngineInfo = {
  socket: '/run/user/1000/podman/podman.sock',
  name: 'Podman (rootless)',
  origin: 'the usual place',
  state: 'stopped',
  kind: 'podman',
  isDefault: false,
  problem: {
    code: 'engine',
    message: 'Podman (rootless) is not running.',
    remedy: 'Start it with systemctl --user start podman.socket.',
  },
}

export function engineImage(part: Partial<EngineImage> & Pick<EngineImage, 'id'>): EngineImage {
  return {
    references: [],
    size: 1_000_000,
    created: Date.now() - 86_400_000,
    platform: { os: 'linux', architecture: 'amd64' },
    containers: 0,
    ...part,
  }
}

export const debianCandidate: Candidate = {
  source: debian,
  references: debianInfo.references,
  imageID: debianInfo.imageID,
  platform: debianInfo.platform,
  size: debianInfo.size,
}

export const debianRecent: RecentImage = {
  source: debian,
  title: 'docker.io/library/debian:12',
  imageID: debianInfo.imageID,
  size: 3_000_000,
  opened: Date.now() - 3_600_000,
  isMissing: false,
}

export function jobState(part: Partial<JobState> & { readonly id: string }): JobState {
  const spec: JobSpec = { kind: 'index', input: debian }
  return {
    spec,
    title: 'Read the layers of debian.tar',
    phase: 'running',
    submitted: 1,
    started: 2,
    ended: null,
    steps: [],
    done: 0,
    total: null,
    warnings: [],
    error: null,
    outcome: null,
    ...part,
  }
}

/** A main process with one image, no jobs and default settings; `answers` says what differs. */
export function fakeClient(answers: Answers = {}): FakeClient {
  const calls: { name: string; input: unknown }[] = []
  const feed = new Feed<Changes>([{ states: [], gone: [] }])
  const opened = new Feed<{ paths: string[] }>([])
  let settings: Settings = settingsSchema.parse({})
  let lastJob = 0

  const base = {
    app: {
      info: async () => fakeInfo,
      sample: async () => ({ kind: 'tar', path: '/app/sample.tar' }),
      opened: async (_: unknown, options?: { signal?: AbortSignal }) => opened.watch(options?.signal),
    },
    images: {
      recognise: async () => [debianCandidate],
      inspect: async () => debianInfo,
      recent: async () => [],
      remember: async () => undefined,
      forget: async () => undefined,
    },
    engines: {
      list: async () => [],
      images: async () => [],
      // Nothing changes until the test says so.
      change: (_: unknown, options?: { signal?: AbortSignal }) => untilAborted(options?.signal),
    },
    registries: {
      repositories: async () => ({ names: [], isTruncated: false }),
      tags: async () => ({ names: [], isTruncated: false }),
      keeping: async () => ({ keeps: ['session'], helper: null }),
      signIn: async () => undefined,
      signOut: async () => undefined,
    },
    files: {},
    search: {},
    jobs: {
      submit: async (spec: JobSpec) => {
        const state = jobState({ id: `job-${++lastJob}`, spec, phase: 'waiting', started: null })
        feed.push({ states: [state], gone: [] })
        return state
      },
      cancel: async () => undefined,
      pause: async () => undefined,
      resume: async () => undefined,
      retry: async () => jobState({ id: `job-${++lastJob}` }),
      clear: async () => undefined,
      watch: async (_: unknown, options?: { signal?: AbortSignal }) => feed.watch(options?.signal),
      preflight: async () => ({
        bytes: 3_000_000,
        bytesFree: 50_000_000_000,
        exists: false,
        problems: [],
        notes: [],
        command: 'occystrap process tar:///images/debian.tar tar:///out/debian-12.tar',
      }),
    },
    settings: {
      get: async () => settings,
      set: async (part: Partial<Settings>) => (settings = { ...settings, ...part }),
      clearCache: async () => ({ freed: 5_000_000 }),
      cacheSize: async () => ({ bytes: 5_000_000 }),
    },
    dialogs: {},
    picker: {
      list: async () => ({ path: '/home/ada', parent: '/home', entries: [], isTruncated: false }),
      createFolder: async ({ parent, name }: { parent: string; name: string }) => ({
        path: `${parent}/${name}`,
      }),
      choose: async () => undefined,
    },
    system: { reveal: async () => undefined, quit: async () => undefined },
  }

  return {
    client: recorded(base, answers, calls),
    calls,
    callsOf: (name) => calls.filter((call) => call.name === name).map((call) => call.input),
    push: (states, gone = []) => feed.push({ states, gone }),
  }
}

/** Answers come first, then the base; a procedure that has neither fails the call, so that nothing is answered by accident. */
function recorded(base: object, answers: Answers, calls: { name: string; input: unknown }[]): Client {
  const at = (object: object, key: string): unknown => (object as Record<string, unknown>)[key]
  const part = (name: string): object =>
    new Proxy(
      {},
      {
        get: (_, key: string) => async (input: unknown, options: unknown) => {
          calls.push({ name: `${name}.${key}`, input })
          const answer =
            at((at(answers, name) as object | undefined) ?? {}, key) ?? at(at(base, name) as object, key)
          if (typeof answer !== 'function') throw new Error(`the test does not answer ${name}.${key}`)
          const result: unknown = await answer(input, options)
          return result
        },
      },
    )
  return Object.fromEntries(Object.keys(base).map((name) => [name, part(name)])) as unknown as Client
}

/** A call that has no answer until it is given up. */
export function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new DOMException('stopped', 'AbortError'))
    if (signal?.aborted) fail()
    signal?.addEventListener('abort', fail, { once: true })
  })
}

interface Changes {
  readonly states: readonly JobState[]
  readonly gone: readonly string[]
}

/** What is pushed, in order, to its one watcher; pushes wait until there is one. */
class Feed<T> {
  readonly #queue: T[]
  #wake: () => void = () => {}

  constructor(first: readonly T[]) {
    this.#queue = [...first]
  }

  push(change: T): void {
    this.#queue.push(change)
    this.#wake()
  }

  async *watch(signal: AbortSignal | undefined): AsyncGenerator<T> {
    for (;;) {
      if (signal?.aborted) return
      const next = this.#queue.shift()
      if (next) yield next
      else await this.#change(signal)
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
