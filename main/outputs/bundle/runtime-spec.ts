import type { Digest } from '../../../shared/digest.ts'
import type { Warning } from '../../../shared/image.ts'
import type { DestinationSpec } from '../../../shared/uri.ts'
import { cleanPath } from '../../image/clean-path.ts'
import type { ParsedConfig } from '../../image/image-config.ts'
import type { ImageUser } from './image-user.ts'
import { specAnnotations } from './spec-annotations.ts'
import type { SpecCapabilities, SpecDocument, SpecLinux } from './spec-document.ts'
import { specEnvironment } from './spec-environment.ts'
import { specMounts } from './spec-mounts.ts'
import type { Volume } from './tree-files.ts'
import { mappedUser, userMapping, type BundleAccounts } from './user-mapping.ts'

export type BundleOptions = Pick<
  Extract<DestinationSpec, { kind: 'oci' }>,
  'terminal' | 'readOnly' | 'hostname' | 'env' | 'args' | 'allLabels'
>

/** All that a bundle's config.json is made from. */
export interface SpecFacts {
  readonly image: ParsedConfig
  readonly imageID: Digest
  readonly reference?: string | undefined
  readonly options: BundleOptions
  readonly user: ImageUser
  readonly accounts: BundleAccounts
  readonly volumes: readonly Volume[]
}

/** What Docker gives. */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
]

/** runc's, and what Docker added since: /sys/devices/virtual/powercap lets one listen to what the processor does (CVE-2020-8694). */
const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** As Docker's short ID of a container. */
const HOSTNAME_DIGITS = 12

/**
 * The config.json of a bundle: what `runc spec` writes (`runc spec --rootless` for a user without privileges), filled with what the
 * image says by image-spec conversion.md, with Docker's user, capabilities and privileges.
 */
export function runtimeSpec(facts: SpecFacts): { spec: SpecDocument; warnings: Warning[] } {
  const { image, options, accounts } = facts
  const { isRootless } = accounts
  const hostname = options.hostname ?? facts.imageID.replace('sha256:', '').slice(0, HOSTNAME_DIGITS)
  const mapped = isRootless ? mappedUser(facts.user, accounts) : { user: facts.user, warnings: [] }
  const { uid, gid, additionalGids, home } = mapped.user
  const command = argsOf(image, options)
  const environment = specEnvironment({
    image: image.config.Env ?? [],
    asked: options.env,
    home,
    hostname,
    terminal: options.terminal,
  })
  const mounts = specMounts(facts.volumes, isRootless)
  const annotations = specAnnotations(image, facts.reference, options.allLabels)
  return {
    spec: {
      ociVersion: '1.0.2',
      process: {
        terminal: options.terminal,
        user: { uid, gid, umask: 0o022, additionalGids },
        args: command.args,
        env: environment.env,
        cwd: `/${cleanPath(image.config.WorkingDir ?? '')}`,
        capabilities: capabilitiesOf(uid),
        rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
        // `runc spec` says true; then sudo and ping, which work under `docker run`, would not.
        noNewPrivileges: false,
      },
      root: { path: 'rootfs', readonly: options.readOnly },
      hostname,
      mounts: mounts.mounts,
      annotations: annotations.annotations,
      linux: linuxOf(accounts),
    },
    warnings: [mapped, command, environment, mounts, annotations].flatMap(({ warnings }) => warnings),
  }
}

function argsOf(image: ParsedConfig, options: BundleOptions): { args: string[]; warnings: Warning[] } {
  const own = [...(image.config.Entrypoint ?? []), ...(image.config.Cmd ?? [])]
  const args = options.args ?? own
  if (args.length > 0) return { args, warnings: [] }
  const message = 'The image does not say what to run; the bundle starts /bin/sh.'
  return { args: ['/bin/sh'], warnings: [{ code: 'no-command', message }] }
}

/** Of another user than root execve takes what is in effect; the bounding set is what a setuid program may get back. */
function capabilitiesOf(uid: number): SpecCapabilities {
  const own = uid === 0 ? CAPABILITIES : []
  return { bounding: CAPABILITIES, effective: own, permitted: own, inheritable: [], ambient: [] }
}

/** A user without privileges may neither set up a network nor (without systemd) limit resources. */
function linuxOf(accounts: BundleAccounts): SpecLinux {
  const common = ['pid', 'ipc', 'uts', 'mount', 'cgroup']
  const paths = { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }
  const namespacesOf = (types: readonly string[]) => types.map((type) => ({ type }))
  if (accounts.isRootless)
    return { ...userMapping(accounts), namespaces: namespacesOf([...common, 'user']), ...paths }
  return {
    // Of the devices only what every runtime adds: null, zero, full, random, urandom, tty, console, ptmx.
    resources: { devices: [{ allow: false, access: 'rwm' }] },
    namespaces: namespacesOf([...common, 'network']),
    ...paths,
  }
}
