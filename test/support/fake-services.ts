import { join } from 'node:path'
import { settingsSchema, type Settings } from '../../shared/settings.ts'
import { Engine } from '../../main/engine/engine.ts'
import type { ReaderMethod } from '../../main/engine/reader-protocol.ts'
import { Grants } from '../../main/rpc/grants.ts'
import type { HostServices } from '../../main/rpc/host-services.ts'
import { PathQueue } from '../../main/rpc/path-queue.ts'
import { FolderPicker } from '../../main/serve/picker.ts'
import { FakeProcesses } from './fake-processes.ts'

export interface FakeServices extends HostServices {
  readonly opened: PathQueue
  readonly processes: FakeProcesses
  readonly calls: { readonly method: ReaderMethod; readonly input: unknown }[]
  /** What the reader answers next. */
  answer: (method: ReaderMethod, input: unknown, signal?: AbortSignal) => unknown
}

/** The services of a host whose processes are played by the test; `folder` is all it may write. */
export function fakeServices(
  folder: string,
  parts: Partial<Omit<HostServices, 'opened'>> = {},
): FakeServices {
  const processes = new FakeProcesses()
  const own = [join(folder, 'cache'), join(folder, 'config')]
  let settings: Settings = settingsSchema.parse({})
  const services: FakeServices = {
    info: {
      version: '1.2.3',
      host: 'browser',
      platform: 'linux',
      home: folder,
      separator: '/',
      hasDialogs: false,
      canReveal: false,
      canDrag: false,
      isRoot: false,
      cacheDir: join(folder, 'cache'),
    },
    samplePath: '/sample.tar',
    processes,
    engine: new Engine({ host: processes, workspace: {} }),
    calls: [],
    answer: () => [],
    reader: {
      call: async (method, input, signal) => {
        services.calls.push({ method, input })
        return services.answer(method, input, signal)
      },
    },
    signIns: {
      keeping: async () => ({ keeps: ['session'], helper: null }),
      keep: async () => {},
      forget: async () => {},
    },
    settings: {
      get: async () => settings,
      set: async (change) => (settings = { ...settings, ...change }),
    },
    recent: { list: async () => [], remember: async () => {}, forget: async () => {} },
    cache: { size: async () => 42, clear: async () => 42 },
    grants: new Grants(own),
    opened: new PathQueue(),
    picker: new FolderPicker(own),
    isTemporary: (path) => path.startsWith('/uploads/'),
    reveal: async () => {},
    quit: () => {},
    ...parts,
  }
  return services
}
