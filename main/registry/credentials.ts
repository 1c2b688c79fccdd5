import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import type { SignIn } from '../../shared/remote.ts'
import { getWithHelper } from './credential-helper.ts'

/** What proves who somebody is to one registry. */
export type Credentials =
  | { readonly username: string; readonly secret: string }
  /** Traded for an access token by a POST (distribution, auth/oauth). */
  | { readonly identityToken: string }
  /** An access token as it is. */
  | { readonly registryToken: string }

const text = z.string().nullish()
const fileSchema = z.object({
  auths: z
    .record(
      z.string(),
      z
        .object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text })
        .nullish(),
    )
    .nullish(),
  credsStore: text,
  credHelpers: z.record(z.string(), z.string()).nullish(),
})
type AuthFile = z.output<typeof fileSchema>

/** Docker Hub goes by the address of an API that is long gone (docker/cli, config/credentials). */
export const HUB_KEY = 'https://index.docker.io/v1/'
const HUB_NAMES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

export interface CredentialSources {
  readonly signIns: readonly SignIn[]
  readonly env?: NodeJS.ProcessEnv
  readonly home?: string
}

/**
 * The credentials for a repository: a sign-in of ours, or else what Docker's and then Podman's files say of it, by way of the helpers
 * they name. Undefined where nobody has any. Fails with 'sign-in' where a helper or a file cannot be used: going on without would show
 * as a refusal that nobody can explain.
 */
export async function credentialsFor(
  registry: string,
  repository: string,
  sources: CredentialSources,
): Promise<Credentials | undefined> {
  const own = sources.signIns.find((signIn) => signIn.registry === registry || signIn.registry === '*')
  if (own) return own.username === TOKEN_USER ? { identityToken: own.secret } : own
  for (const path of authFiles(sources)) {
    const file = await readAuthFile(path)
    const found = file && (await inFile(file, registry, repository, path))
    if (found) return found
  }
  return undefined
}

/** The helper that Docker's settings name for a registry; undefined where they name none. */
export async function helperFor(
  registry: string,
  sources: Omit<CredentialSources, 'signIns'>,
): Promise<string | undefined> {
  for (const path of authFiles(sources)) {
    const file = await readAuthFile(path)
    const helper = file && helperIn(file, registry)
    if (helper) return helper
  }
  return undefined
}

/** What helpers call a registry. */
export function helperKey(registry: string): string {
  return HUB_NAMES.has(registry) ? HUB_KEY : registry
}

/** Docker's word for “the secret is an identity token”. */
export const TOKEN_USER = '<token>'

function authFiles({ env = process.env, home = homedir() }: Omit<CredentialSources, 'signIns'>): string[] {
  const given = env['REGISTRY_AUTH_FILE']
  if (given) return [given]
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'),
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/auth.json'),
  ]
}

async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' ||
      (error as NodeJS.ErrnoException).code === 'ENOTDIR'
    )
      return undefined
    throw unusable(path, 'cannot be read', error)
  }
  try {
    return fileSchema.parse(JSON.parse(content))
  } catch {
    // Without the parser's words, which quote what is in the file.
    throw unusable(path, 'is not what Docker and Podman write')
  }
}

function unusable(path: string, why: string, cause?: unknown): ImageError {
  return new ImageError('sign-in', `The sign-ins in ${path} cannot be used: the file ${why}.`, {
    remedy: 'Mend or remove it, or give a user and a password here.',
    ...(cause === undefined ? {} : { cause }),
  })
}

async function inFile(
  file: AuthFile,
  registry: string,
  repository: string,
  path: string,
): Promise<Credentials | undefined> {
  const helper = helperIn(file, registry)
  const found = helper === undefined ? undefined : await getWithHelper(helper, helperKey(registry), path)
  if (found) return found.username === TOKEN_USER ? { identityToken: found.secret } : found
  const entries = new Map(Object.entries(file.auths ?? {}).map(([key, entry]) => [bareKey(key), entry]))
  for (const key of keysOf(registry, repository)) {
    const entry = entries.get(key)
    if (entry?.registrytoken) return { registryToken: entry.registrytoken }
    if (entry?.identitytoken) return { identityToken: entry.identitytoken }
    if (entry?.username && entry.password) return { username: entry.username, secret: entry.password }
    const pair = entry?.auth ? decodedPair(entry.auth) : undefined
    if (pair) return pair
  }
  return undefined
}

function helperIn(file: AuthFile, registry: string): string | undefined {
  const own = Object.entries(file.credHelpers ?? {}).find(([key]) =>
    keysOf(registry, '').includes(bareKey(key)),
  )
  return own?.[1] || file.credsStore || undefined
}

/** From the repository up to its registry: Podman's files may name either (containers-auth.json(5)). */
function keysOf(registry: string, repository: string): string[] {
  const hosts = HUB_NAMES.has(registry) ? [...HUB_NAMES] : [registry]
  const parts = repository === '' ? [] : repository.split('/')
  const paths = parts.map((_, i) => `/${parts.slice(0, parts.length - i).join('/')}`)
  return [...paths, ''].flatMap((path) => hosts.map((host) => `${host}${path}`))
}

/** Old clients wrote addresses where names stand today: `https://registry.example.org/v1/`. */
function bareKey(key: string): string {
  return key
    .replace(/^https?:\/\//, '')
    .replace(/^([^/]+)\/v[12]\/?$/, '$1')
    .replace(/\/$/, '')
}

function decodedPair(auth: string): { username: string; secret: string } | undefined {
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = pair.indexOf(':')
  return colon > 0 ? { username: pair.slice(0, colon), secret: pair.slice(colon + 1) } : undefined
}
