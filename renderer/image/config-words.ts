import type { ContainerConfig } from '../../shared/image.ts'

export interface NameAndValue {
  readonly name: string
  readonly value: string
}

/** What a container of the image does when it is started, as data for a sentence. `command` is null where the image names none. */
export interface RunFacts {
  readonly command: string | null
  readonly user: string
  readonly directory: string
}

export function runFacts(config: ContainerConfig): RunFacts {
  const words = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]
  return {
    command: words.length === 0 ? null : words.map(quoted).join(' '),
    user: config.User ? config.User : 'root',
    directory: config.WorkingDir ? config.WorkingDir : '/',
  }
}

export function environmentOf(config: ContainerConfig): readonly NameAndValue[] {
  return (config.Env ?? []).map((line) => {
    const equals = line.indexOf('=')
    return equals === -1
      ? { name: line, value: '' }
      : { name: line.slice(0, equals), value: line.slice(equals + 1) }
  })
}

export function labelsOf(config: ContainerConfig): readonly NameAndValue[] {
  return Object.entries(config.Labels ?? {}).map(([name, value]) => ({ name, value }))
}

export function portsOf(config: ContainerConfig): readonly string[] {
  return Object.keys(config.ExposedPorts ?? {})
}

export function volumesOf(config: ContainerConfig): readonly string[] {
  return Object.keys(config.Volumes ?? {})
}

/** A word as a POSIX shell would need it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
