import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'

/** One place a repository may be fetched from. */
export interface Location {
  /** Host and port. */
  readonly registry: string
  readonly repository: string
  readonly insecure: boolean
}

const mirrorSchema = z.object({ location: z.string(), insecure: z.boolean().optional() })
const confSchema = z.object({
  registry: z
    .array(
      z.object({
        prefix: z.string().optional(),
        location: z.string().optional(),
        insecure: z.boolean().optional(),
        blocked: z.boolean().optional(),
        mirror: z.array(mirrorSchema).optional(),
      }),
    )
    .optional(),
})
type Rule = NonNullable<z.output<typeof confSchema>['registry']>[number]

const daemonSchema = z.object({
  'registry-mirrors': z.array(z.string()).optional(),
  'insecure-registries': z.array(z.string()).optional(),
})

export interface ConfOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly home?: string
  /** Where machine-wide settings lie. */
  readonly etc?: string
}

/**
 * Where a repository is fetched from, best first and itself last: the mirrors that Podman's registries.conf (containers-registries.conf(5))
 * and Docker's daemon.json name. Fails with 'permission' where the former blocks it.
 */
export async function locationsOf(
  registry: string,
  repository: string,
  options: ConfOptions = {},
): Promise<Location[]> {
  const rule = longestMatch(await readRules(options), `${registry}/${repository}`)
  if (rule?.blocked)
    throw new ImageError('permission', `${registry} is blocked by this computer's registries.conf.`, {
      remedy: 'Ask whoever runs this computer, or choose another registry.',
    })
  const daemon = await readDaemon(options)
  const isInsecure = daemon['insecure-registries']?.includes(registry) ?? false
  const own: Location = rule?.location
    ? place(rule.location, rule, registry, repository, rule.insecure ?? false)
    : { registry, repository, insecure: isInsecure || (rule?.insecure ?? false) }
  const mirrors = (rule?.mirror ?? []).map((mirror) =>
    place(mirror.location, rule, registry, repository, mirror.insecure ?? false),
  )
  if (registry === 'docker.io') mirrors.push(...daemonMirrors(daemon, repository))
  return [...mirrors, own]
}

/** The rule's prefix of the name replaced by a location. */
function place(
  location: string,
  rule: Rule | undefined,
  registry: string,
  repository: string,
  insecure: boolean,
): Location {
  const prefix = prefixOf(rule)
  const name = `${registry}/${repository}`
  const rest = prefix.startsWith('*') ? `/${repository}` : name.slice(prefix.length)
  const [host = '', ...path] = `${location.replace(/\/+$/, '')}${rest}`.split('/')
  return { registry: host, repository: path.join('/'), insecure }
}

function daemonMirrors(daemon: z.output<typeof daemonSchema>, repository: string): Location[] {
  return (daemon['registry-mirrors'] ?? []).flatMap((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    return url ? [{ registry: url.host, repository, insecure: url.protocol === 'http:' }] : []
  })
}

function longestMatch(rules: readonly Rule[], name: string): Rule | undefined {
  let best: Rule | undefined
  for (const rule of rules)
    if (isMatch(prefixOf(rule), name) && (!best || prefixOf(rule).length > prefixOf(best).length)) best = rule
  return best
}

function prefixOf(rule: Rule | undefined): string {
  return rule?.prefix || rule?.location || ''
}

/** By whole components; `*.example.org` matches any host below. */
function isMatch(prefix: string, name: string): boolean {
  if (prefix === '') return false
  if (prefix.startsWith('*.')) return (name.split('/')[0] ?? '').endsWith(prefix.slice(1))
  return name === prefix || name.startsWith(`${prefix}/`)
}

/**
 * The user's file with the folder beside it; or else the machine's, or that of the variable, with the machine's folder and then the user's
 * (containers/image, sysregistriesv2). Later ones win, in a folder by name.
 */
async function readRules({
  env = process.env,
  home = homedir(),
  etc = '/etc',
}: ConfOptions): Promise<Rule[]> {
  const own = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/registries.conf')
  const machine = join(etc, 'containers/registries.conf')
  const given = env['CONTAINERS_REGISTRIES_CONF']
  const owned = given ? undefined : await rulesIn(own)
  const rules = owned ?? (await rulesIn(given || machine)) ?? []
  const folders = owned ? [`${own}.d`] : [`${machine}.d`, `${own}.d`]
  const files = (await Promise.all(folders.map(confsIn))).flat()
  const extra = await Promise.all(files.map(rulesIn))
  const all = [...rules, ...extra.flatMap((found) => found ?? [])]
  return [...new Map(all.map((rule) => [prefixOf(rule), rule])).values()]
}

async function confsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(folder, name))
}

async function rulesIn(path: string): Promise<Rule[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // Most of these files hold comments alone.
  if (!/^\s*\[\[\s*registry/m.test(text)) return []
  const { parse } = await import('smol-toml')
  try {
    return confSchema.parse(parse(text)).registry ?? []
  } catch (error) {
    throw new ImageError('usage', `${path} is not as registries.conf should be.`, {
      remedy: 'Mend it, or take out what is wrong.',
      detail: error instanceof Error ? error.message : String(error),
    })
  }
}

async function readDaemon({
  home = homedir(),
  etc = '/etc',
}: ConfOptions): Promise<z.output<typeof daemonSchema>> {
  for (const path of [join(home, '.config/docker/daemon.json'), join(etc, 'docker/daemon.json')]) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const parsed = daemonSchema.safeParse(parsedJson(text))
    // The engine's own file: what is wrong there is the engine's to say.
    if (parsed.success) return parsed.data
  }
  return {}
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
