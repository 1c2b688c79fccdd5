/** A bundle's config.json (runtime-spec 1.0.2, config.md and config-linux.md), as far as this program writes it. */
export interface SpecDocument {
  readonly ociVersion: string
  readonly process: SpecProcess
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname: string
  readonly mounts: readonly SpecMount[]
  readonly annotations: Readonly<Record<string, string>>
  readonly linux: SpecLinux
}

export interface SpecProcess {
  readonly terminal: boolean
  readonly user: SpecUser
  readonly args: readonly string[]
  /** `NAME=value`, each name once. */
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: SpecCapabilities
  readonly rlimits: readonly { readonly type: string; readonly hard: number; readonly soft: number }[]
  readonly noNewPrivileges: boolean
}

export interface SpecUser {
  readonly uid: number
  readonly gid: number
  readonly umask: number
  readonly additionalGids: readonly number[]
}

export interface SpecCapabilities {
  readonly bounding: readonly string[]
  readonly effective: readonly string[]
  readonly permitted: readonly string[]
  readonly inheritable: readonly string[]
  readonly ambient: readonly string[]
}

export interface SpecMount {
  readonly destination: string
  readonly type: string
  /** Relative to the bundle's folder, where it is a path and does not begin with `/`. */
  readonly source: string
  readonly options?: readonly string[]
}

export interface SpecLinux {
  readonly uidMappings?: readonly SpecMapping[]
  readonly gidMappings?: readonly SpecMapping[]
  readonly resources?: { readonly devices: readonly { readonly allow: boolean; readonly access: string }[] }
  readonly namespaces: readonly { readonly type: string }[]
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
}

export interface SpecMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}
