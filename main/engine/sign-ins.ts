import { join } from 'node:path'
import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import type { Keep, SignIn } from '../../shared/remote.ts'
import { eraseWithHelper, storeWithHelper } from '../registry/credential-helper.ts'
import { helperFor, helperKey } from '../registry/credentials.ts'
import { JsonFile } from '../store/json-file.ts'

/** The system's own encryption for what a program must keep secret (Electron's safeStorage). */
export interface Vault {
  /** False where it would only pretend: without a keyring on Linux. */
  isSafe(): Promise<boolean>
  encrypt(text: string): Promise<Buffer>
  decrypt(sealed: Buffer): Promise<string>
}

const sealedSchema = z.record(z.string(), z.base64())
const openedSchema = z.object({ username: z.string(), secret: z.string().min(1) })

export interface SignInKeeperOptions {
  readonly folder: string
  readonly vault?: Vault | undefined
  /** Who is signed in where has changed: processes that are running have to be told. */
  readonly onChange: (signIns: readonly SignIn[]) => void
}

/**
 * Who signed in to registries in the window. Kept in this process's memory, and beyond it only by the user's own credential helper or
 * encrypted by the system: never as plain text.
 */
export class SignInKeeper {
  readonly #file: JsonFile<typeof sealedSchema>
  readonly #vault: Vault | undefined
  readonly #onChange: (signIns: readonly SignIn[]) => void
  readonly #signIns = new Map<string, SignIn>()

  constructor(options: SignInKeeperOptions) {
    this.#file = new JsonFile(
      join(options.folder, 'sign-ins.json'),
      async () => sealedSchema,
      () => ({}),
    )
    this.#vault = options.vault
    this.#onChange = options.onChange
  }

  all(): readonly SignIn[] {
    return [...this.#signIns.values()]
  }

  /** Opens what the system encrypted for an earlier run. What cannot be opened any more is passed over: its user signs in again. */
  async load(): Promise<void> {
    if (!this.#vault || !(await this.#vault.isSafe())) return
    for (const [registry, sealed] of Object.entries(await this.#file.read())) {
      const opened = await this.#open(this.#vault, sealed)
      if (opened && !this.#signIns.has(registry)) this.#signIns.set(registry, { registry, ...opened })
    }
    this.#onChange(this.all())
  }

  /** The ways there are here, the most lasting one last. */
  async keeping(registry: string): Promise<{ keeps: Keep[]; helper: string | null }> {
    const helper = (await helperFor(registry, {})) ?? null
    const isSafe = (await this.#vault?.isSafe()) ?? false
    return {
      keeps: ['session', ...(isSafe ? (['system'] as const) : []), ...(helper ? (['helper'] as const) : [])],
      helper,
    }
  }

  async keep(signIn: SignIn, how: Keep): Promise<void> {
    const { registry, username, secret } = signIn
    if (how === 'helper') {
      const helper = await helperFor(registry, {})
      if (!helper) throw cannotKeep('your settings name no credential helper')
      await storeWithHelper(helper, helperKey(registry), { username, secret })
    }
    if (how === 'system') {
      if (!this.#vault || !(await this.#vault.isSafe()))
        throw cannotKeep('this system has no safe place for secrets')
      const sealed = (await this.#vault.encrypt(JSON.stringify({ username, secret }))).toString('base64')
      await this.#file.update((kept) => ({ ...kept, [registry]: sealed }))
    }
    // One that was sealed before would come back with the next start.
    if (how !== 'system') await this.#unseal(registry)
    this.#signIns.set(registry, signIn)
    this.#onChange(this.all())
  }

  async forget(registry: string): Promise<void> {
    this.#signIns.delete(registry)
    this.#onChange(this.all())
    await this.#unseal(registry)
    const helper = await helperFor(registry, {})
    if (helper) await eraseWithHelper(helper, helperKey(registry))
  }

  async #unseal(registry: string): Promise<void> {
    const kept = await this.#file.read()
    if (registry in kept)
      await this.#file.update((kept) =>
        Object.fromEntries(Object.entries(kept).filter(([name]) => name !== registry)),
      )
  }

  async #open(vault: Vault, sealed: string): Promise<z.infer<typeof openedSchema> | undefined> {
    try {
      return openedSchema.parse(JSON.parse(await vault.decrypt(Buffer.from(sealed, 'base64'))))
    } catch {
      return undefined
    }
  }
}

function cannotKeep(why: string): ImageError {
  return new ImageError('unsupported', `The sign-in cannot be kept that way: ${why}.`, {
    remedy: 'Keep it until Occystrap is closed.',
  })
}
