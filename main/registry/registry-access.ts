import type { SignIn } from '../../shared/remote.ts'

/** What every connection to a registry is given by whoever owns the process. */
export interface RegistryAccess {
  /** Who signs in where, over what the user's files say. */
  readonly signIns: readonly SignIn[]
  /** A file of certificates (PEM) to trust beside the system's. */
  caFile(): Promise<string | undefined>
}
