import { homedir } from 'node:os'
import { join, sep } from 'node:path'
import type { AppInfo } from '../shared/contract.ts'
import { SAMPLE_FILE } from './built-files.ts'
import { Engine } from './engine/engine.ts'
import type { WorkspaceOptions } from './engine/job-protocol.ts'
import { SignInKeeper, type Vault } from './engine/sign-ins.ts'
import type { ProcessHost } from './engine/process-host.ts'
import { ReaderClient } from './engine/reader-client.ts'
import { accounts } from './platform/accounts.ts'
import { Grants } from './rpc/grants.ts'
import type { HostServices } from './rpc/host-services.ts'
import type { PathQueue } from './rpc/path-queue.ts'
import type { Workspace } from './store/workspace.ts'
import { VERSION } from './version.ts'

/** What a host adds of its own. */
export interface HostParts extends Pick<
  HostServices,
  'dialogs' | 'picker' | 'isTemporary' | 'reveal' | 'dragOut' | 'quit'
> {
  readonly kind: AppInfo['host']
  readonly processes: ProcessHost
  readonly workspace: Workspace
  readonly canReveal: boolean
  /** Absent where the system encrypts nothing for us: a browser host. */
  readonly vault?: Vault
  /** Where paths from outside arrive. */
  readonly opened: PathQueue
}

export interface Services extends HostServices, AsyncDisposable {}

/** The services of both hosts: the engine, the reader and what the user keeps. Disposal cancels jobs and ends all processes. */
export function createServices(parts: HostParts): Services {
  const { workspace } = parts
  const { cacheDir, configDir, tempDir, cacheLimit } = workspace
  const options: WorkspaceOptions = { cacheDir, configDir, tempDir, cacheLimit }
  const signIns = new SignInKeeper({
    folder: configDir,
    vault: parts.vault,
    onChange: (all) => reader.setSignIns(all),
  })
  const engine = new Engine({
    host: parts.processes,
    workspace: options,
    signIns: () => signIns.all(),
    historyFolder: join(configDir, 'jobs'),
  })
  const reader = new ReaderClient(parts.processes, options)
  // Nobody waits for it: a registry that is asked before is asked to sign in.
  void signIns.load().catch(() => {})
  return {
    info: {
      version: VERSION,
      host: parts.kind,
      platform: process.platform,
      home: homedir(),
      separator: sep,
      hasDialogs: parts.dialogs !== undefined,
      canReveal: parts.canReveal,
      canDrag: parts.dragOut !== undefined,
      isRoot: accounts().isRoot,
      cacheDir,
    },
    samplePath: SAMPLE_FILE,
    engine,
    reader,
    signIns,
    settings: workspace.settings,
    recent: workspace.recent,
    cache: { size: () => workspace.cacheSize(), clear: () => workspace.clearCache() },
    grants: new Grants([cacheDir, configDir]),
    opened: parts.opened,
    ...(parts.dialogs ? { dialogs: parts.dialogs } : {}),
    ...(parts.picker ? { picker: parts.picker } : {}),
    isTemporary: parts.isTemporary,
    reveal: parts.reveal,
    ...(parts.dragOut ? { dragOut: parts.dragOut } : {}),
    quit: parts.quit,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await reader[Symbol.asyncDispose]()
    },
  }
}
