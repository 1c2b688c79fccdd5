import { regexTokens, type RegexToken, type Repeat } from './regex-tokens.ts'

/**
 * The longest text of printable ASCII characters that stands in whatever the expression matches, or ''. Never wrong where the expression compiles
 * with that flag and respects case, but not always the longest there is: of alternatives, and of what may be left out, nothing is required.
 */
export function requiredLiteral(source: string, mode: 'u' | ''): string {
  const tokens = regexTokens(source, mode)
  return tokens ? new LiteralReader(tokens).alternatives() : ''
}

class LiteralReader {
  readonly #tokens: readonly RegexToken[]
  #at = 0

  constructor(tokens: readonly RegexToken[]) {
    this.#tokens = tokens
  }

  /** What is required up to the end of the group, or of the expression. */
  alternatives(): string {
    let best = this.#sequence()
    while (this.#tokens[this.#at]?.kind === 'or') {
      this.#at++
      this.#sequence()
      best = ''
    }
    return best
  }

  #sequence(): string {
    let best = ''
    let run = ''
    const end = (next = ''): void => {
      if (run.length > best.length) best = run
      run = next
    }
    for (;;) {
      const token = this.#tokens[this.#at]
      if (!token || token.kind === 'or' || token.kind === 'close') break
      this.#at++
      const inner = token.kind === 'open' ? this.#group(token.look === 'not') : undefined
      const repeat = this.#repeat()
      const character = inner === undefined ? literalOf(token) : undefined
      if (inner !== undefined) {
        end(repeat === 'maybe' ? '' : inner)
        end()
      } else if (character === undefined) {
        // What matches no character of its own leaves its neighbours side by side.
        if (token.kind !== 'assertion') end()
      } else if (repeat === 'once') run += character
      else if (repeat === 'some') {
        run += character
        end(character)
      } else end()
    }
    end()
    return best
  }

  #group(isNegative: boolean): string {
    const inner = this.alternatives()
    // Past its end.
    this.#at++
    return isNegative ? '' : inner
  }

  #repeat(): Repeat {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'quantifier') return 'once'
    this.#at++
    return token.repeat
  }
}

/** The printable ASCII character that the token is: by itself, or as the only one of a set. */
function literalOf(token: RegexToken): string | undefined {
  if (token.kind === 'character') return /^[ -~]$/.test(token.character) ? token.character : undefined
  if (token.kind !== 'set' || token.isNegated) return undefined
  return /^\\?([ -/:-@[-`{-~])$|^([ -~])$/
    .exec(token.body)
    ?.slice(1)
    .find((found) => found !== undefined)
}
