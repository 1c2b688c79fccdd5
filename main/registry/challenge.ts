/** One way to prove who one is, as a server asks for it (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

// token (RFC 9110, 5.6.2); a `token68` (`Negotiate YII…=`) is one with `/` and padding, and is passed over.
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y
const GAP = /[\s,]*/y
const EQUALS = /\s*=\s*/y
const QUOTED = /"((?:[^"\\]|\\.)*)"?/y
/** What a server writes that forgot its quotes: up to the next comma. */
const BARE = /[^\s,"]+/y
/** What then follows a scope's own commas. */
const ACTIONS: ReadonlySet<string> = new Set(['pull', 'push', 'delete', '*'])

/**
 * The challenges of a WWW-Authenticate field, in the server's order: several schemes in one field, parameters in any order, quoted or
 * not. What cannot be read is passed over.
 */
export function parseChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const reader = new Reader(field)
  while (!reader.isAtEnd) {
    reader.take(GAP)
    const word = reader.take(TOKEN)
    if (word === undefined) {
      reader.skip()
      continue
    }
    const current = challenges.at(-1)
    if (current && reader.take(EQUALS) !== undefined) {
      const value = reader.quoted() ?? reader.take(BARE) ?? ''
      const name = word.toLowerCase()
      if (!current.parameters.has(name)) current.parameters.set(name, value)
    } else if (current?.parameters.has('scope') && ACTIONS.has(word)) {
      current.parameters.set('scope', `${current.parameters.get('scope')},${word}`)
    } else {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() })
      reader.take(/\s*/y)
      reader.take(TOKEN68)
    }
  }
  return challenges
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  take(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0]
  }

  quoted(): string | undefined {
    return this.#match(QUOTED)?.[1]?.replace(/\\(.)/g, '$1')
  }

  skip(): void {
    this.#at++
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match) return undefined
    this.#at = pattern.lastIndex
    return match
  }
}
