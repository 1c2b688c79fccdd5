import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { headerValues } from './request-guard.ts'

const MINUTE = 60_000
const FREE_TRIES = 10
/** How long the page may fetch its secret again if its first request was cut. */
const PICKUP_TIME = MINUTE

/**
 * Who may talk to this server. A token, printed once and good once, buys a cookie. Cookies know no ports (RFC 6265, 8.5): another server
 * on this machine is sent ours, so the cookie opens the page and nothing more. The page's requests carry a secret that it was given
 * right after the token was spent, and that only its own origin can keep.
 */
export class Session {
  readonly cookieName: string
  #token: string | undefined
  readonly #cookie = randomText()
  readonly #secret = randomText()
  #pickupUntil = 0
  #wrongTries: number[] = []
  readonly #now: () => number

  constructor(port: number, now: () => number = Date.now) {
    this.cookieName = `occystrap-${port}`
    this.#now = now
  }

  /** A new token; one that was given out before is void. */
  newToken(): string {
    this.#token = randomText()
    return this.#token
  }

  /** Whether this was the token; it is spent then. */
  spend(token: string): boolean {
    const isRight = this.#token !== undefined && isSame(token, this.#token)
    if (isRight) {
      this.#token = undefined
      this.#pickupUntil = this.#now() + PICKUP_TIME
    } else {
      this.#wrongTries = [...this.#wrongTries.filter((at) => at > this.#now() - MINUTE), this.#now()].slice(
        -100,
      )
    }
    return isRight
  }

  /** Whether so many wrong tokens came that answers should be slow. */
  get isUnderAttack(): boolean {
    return this.#wrongTries.filter((at) => at > this.#now() - MINUTE).length > FREE_TRIES
  }

  get setCookie(): string {
    return `${this.cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`
  }

  hasCookie(rawHeaders: readonly string[]): boolean {
    const pairs = headerValues(rawHeaders, 'cookie').flatMap((header) => header.split(';'))
    return pairs.some((pair) => {
      const [name, value] = pair.trim().split('=', 2)
      return name === this.cookieName && value !== undefined && isSame(value, this.#cookie)
    })
  }

  /** The secret, for the page that was opened by the token; nothing once a page has shown that it has it. */
  pickUpSecret(): string | undefined {
    return this.#now() < this.#pickupUntil ? this.#secret : undefined
  }

  hasSecret(secret: unknown): boolean {
    const isRight = typeof secret === 'string' && isSame(secret, this.#secret)
    if (isRight) this.#pickupUntil = 0
    return isRight
  }
}

function randomText(): string {
  return randomBytes(32).toString('base64url')
}

/** Equal in constant time, also for texts of different lengths. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
