import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface EnvironmentFacts {
  /** As the image has it. */
  readonly image: readonly string[]
  /** What was asked for beside it, over the image's own. */
  readonly asked: readonly string[]
  readonly home: string
  readonly hostname: string
  readonly terminal: boolean
}

/**
 * The process's environment, each name once: the image's entries in their order (of two for one name the last counts, as in a shell),
 * what every program expects and the image does not say, then what was asked for.
 */
export function specEnvironment(facts: EnvironmentFacts): { env: string[]; warnings: Warning[] } {
  const variables = new Map<string, string>()
  const lost: string[] = []
  for (const entry of facts.image) {
    const { name, value } = parted(entry)
    if (value === undefined || !isUsable(entry)) lost.push(entry)
    else variables.set(name, value)
  }
  const defaults = {
    PATH: DEFAULT_PATH,
    ...(facts.terminal ? { TERM: 'xterm' } : {}),
    HOME: facts.home,
    HOSTNAME: facts.hostname,
  }
  for (const [name, value] of Object.entries(defaults)) if (!variables.has(name)) variables.set(name, value)
  for (const entry of facts.asked) {
    const { name, value } = parted(entry)
    if (value === undefined || !isUsable(entry)) lost.push(entry)
    else variables.set(name, value)
  }
  return { env: [...variables].map(([name, value]) => `${name}=${value}`), warnings: warningsOf(lost) }
}

function parted(entry: string): { name: string; value: string | undefined } {
  const at = entry.indexOf('=')
  return at < 0 ? { name: entry, value: undefined } : { name: entry.slice(0, at), value: entry.slice(at + 1) }
}

/** runc starts nothing where one entry has no name, no `=` or a NUL. */
function isUsable(entry: string): boolean {
  return !entry.startsWith('=') && !entry.includes('\0')
}

function warningsOf(lost: readonly string[]): Warning[] {
  if (lost.length === 0) return []
  const message = 'Entries of the environment that are no “NAME=value” were left out.'
  return [{ code: 'environment-left-out', message, detail: lost.map(visible).join('\n') }]
}
