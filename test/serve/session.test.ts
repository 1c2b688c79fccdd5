import { expect, test } from 'vitest'
import { Session } from '../../main/serve/session.ts'

const cookiesOf = (session: Session): string[] => ['Cookie', session.setCookie.split(';')[0] ?? '']

test('a token has 256 bits, is good once, and is void when a newer one was given out', () => {
  const session = new Session(1234)
  const token = session.newToken()
  expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect(session.spend(token)).toBe(true)
  expect(session.spend(token)).toBe(false)
  const older = session.newToken()
  const newer = session.newToken()
  expect([session.spend(older), session.spend(newer)]).toEqual([false, true])
})

test('before a token is given out, none is right', () => {
  const session = new Session(1234)
  expect(session.spend('')).toBe(false)
  expect(session.spend('undefined')).toBe(false)
})

test('the cookie is found among those of other servers on this host', () => {
  const session = new Session(1234)
  const own = cookiesOf(session)[1]
  expect(session.hasCookie(['Cookie', `occystrap-1=x; ${own}; theme=dark`])).toBe(true)
  expect(session.hasCookie(['cookie', 'theme=dark', 'COOKIE', own ?? ''])).toBe(true)
  expect(session.hasCookie(['Cookie', `x${own}`])).toBe(false)
  expect(session.hasCookie(['Cookie', `${own}x`])).toBe(false)
  expect(session.hasCookie(['Cookie', 'occystrap-1234'])).toBe(false)
  expect(session.hasCookie([])).toBe(false)
  expect(new Session(1234).hasCookie(cookiesOf(session))).toBe(false)
})

test('the secret can be had for a minute after the token was spent, until a page shows that it has it', () => {
  let now = 1_000_000
  const session = new Session(1234, () => now)
  expect(session.pickUpSecret()).toBeUndefined()
  session.spend(session.newToken())
  const secret = session.pickUpSecret()
  expect(session.pickUpSecret()).toBe(secret)
  expect(session.hasSecret('wrong')).toBe(false)
  expect(session.pickUpSecret()).toBe(secret)
  expect(session.hasSecret(secret)).toBe(true)
  expect(session.pickUpSecret()).toBeUndefined()
  session.spend(session.newToken())
  now += 60_001
  expect(session.pickUpSecret()).toBeUndefined()
  expect(session.hasSecret(secret)).toBe(true)
})

test.for([undefined, null, 7, {}, ['x'], ''])('%o is not the secret', (secret) => {
  expect(new Session(1234).hasSecret(secret)).toBe(false)
})

test('more than ten wrong tokens in a minute slow the answers down, for a minute', () => {
  let now = 1_000_000
  const session = new Session(1234, () => now)
  for (let i = 0; i < 10; i++) session.spend('wrong')
  expect(session.isUnderAttack).toBe(false)
  session.spend('wrong')
  expect(session.isUnderAttack).toBe(true)
  now += 60_001
  expect(session.isUnderAttack).toBe(false)
})
