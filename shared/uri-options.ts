import { ImageError } from './errors.ts'

/** `name=value` with escapes resolved; a name alone is a flag that is set. */
export function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=')
  return equals < 0 ? [pair, 'true'] : [pair.slice(0, equals), decodeValue(pair.slice(equals + 1))]
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw usage(`"${value}" is not a value of an option.`, 'Write % as %25.')
  }
}

/** The options of one URI or filter: each known, each at most once but for the `repeated`. Fails with 'usage'. */
export class Options {
  readonly #text: string
  readonly #values = new Map<string, string[]>()

  constructor(
    text: string,
    pairs: readonly (readonly [name: string, value: string])[],
    repeated: readonly string[] = [],
  ) {
    this.#text = text
    for (const [name, value] of pairs) {
      if (name === '') continue
      const values = this.#values.get(name)
      if (values && !repeated.includes(name))
        throw usage(`"${text}" gives the option ${name} twice.`, 'Give it once.')
      this.#values.set(name, [...(values ?? []), value])
    }
  }

  expect(known: readonly string[]): void {
    for (const name of this.#values.keys())
      if (!known.includes(name))
        throw usage(`"${this.#text}" has an unknown option ${name}.`, `Options here: ${known.join(', ')}.`)
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name)?.[0]
    if (value === '') throw usage(`"${this.#text}" has no value for ${name}.`, `Write ${name}=VALUE.`)
    return value
  }

  /** Everything a repeated option was given, in that order; empty words too. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return undefined
    if (['true', '1', 'yes'].includes(value)) return true
    if (['false', '0', 'no'].includes(value)) return false
    throw usage(`"${this.#text}" has ${name}=${value}.`, `Write ${name}=true or ${name}=false.`)
  }
}

/** A request that makes no sense in itself. */
export function usage(message: string, remedy: string): ImageError {
  return new ImageError('usage', message, { remedy })
}
