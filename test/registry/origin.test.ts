import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { ImageError } from '../../shared/errors.ts'
import {
  hostOf,
  isLoopback,
  isSameOrigin,
  leadsNear,
  lookupAfar,
  refuseNear,
  urlOf,
} from '../../main/registry/origin.ts'

test('an origin is scheme, host and port', () => {
  const isSame = (a: string, b: string): boolean => isSameOrigin(new URL(a), new URL(b))
  expect(isSame('https://a.example/x', 'https://a.example:443/y?z')).toBe(true)
  expect(isSame('https://A.example', 'https://a.example')).toBe(true)
  for (const other of [
    'http://a.example',
    'https://a.example:444',
    'https://b.example',
    'https://a.example.',
    'https://x.a.example',
  ])
    expect([other, isSame('https://a.example', other)]).toEqual([other, false])
})

test('this machine is known by every name it has, and no other is', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.0.0.2', '127.255.0.9', '::1'])
    expect([host, isLoopback(host)]).toEqual([host, true])
  for (const host of [
    'localhost.example',
    'notlocalhost',
    '128.0.0.1',
    '127.0.0.1.example',
    '127.example',
    '::2',
    '',
  ])
    expect([host, isLoopback(host)]).toEqual([host, false])
  expect(hostOf(new URL('http://[::1]:5000/'))).toBe('::1')
  // However an address is written, a URL has it in one form.
  expect(
    ['0x7f.1', '2130706433', '127.1', '0177.0.0.1'].map((text) => hostOf(new URL(`http://${text}/`))),
  ).toEqual(Array.from({ length: 4 }, () => '127.0.0.1'))
})

const NEAR = [
  'http://localhost/',
  'http://api.localhost/',
  'http://127.0.0.1:1/',
  'http://127.9.9.9/',
  'http://0.0.0.0/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.100.100.200/',
  'http://[::1]/',
  'http://[::]/',
  'http://[fe80::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[fd00:ec2::254]/',
  'http://2130706433/',
]

test.each(NEAR)('%s is refused where a registry leads there', (url) => {
  expect(() => refuseNear(new URL(url))).toThrow(ImageError)
})

test.each([
  'https://registry.example.org/',
  'http://10.0.0.1/',
  'http://192.168.1.1/',
  'https://[2001:db8::1]/',
  'http://172.16.0.1/',
])('%s is another machine', (url) => {
  expect(() => refuseNear(new URL(url))).not.toThrow()
})

test('a name that leads to this machine does so by the name service, too', async () => {
  expect(await leadsNear('localhost')).toBe(true)
  expect(await leadsNear('127.0.0.1')).toBe(true)
  expect(await leadsNear('10.0.0.1')).toBe(false)
  expect(await leadsNear('no-such-host.invalid')).toBe(false)
})

/** What a connection would be made to. */
function lookUp(host: string, options: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookupAfar(host, options as { all: true }, (error, addresses, family) => {
      if (error) reject(error)
      else resolve(family === undefined ? addresses : [addresses, family])
    })
  })
}

test('the address that is connected to is the one that was looked at', async () => {
  await expect(lookUp('localhost', { all: true })).rejects.toMatchObject({ code: 'server' })
  await expect(lookUp('no-such-host.invalid', { all: true })).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
  })
  const afar = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === 'IPv4')
  const address = afar?.address ?? '192.0.2.1'
  expect(await lookUp(address, { all: true })).toEqual([{ address, family: 4 }])
  expect(await lookUp(address, {})).toEqual([address, 4])
})

test('an address may be relative, or none', () => {
  const base = new URL('https://a.example/v2/x')
  expect(urlOf('/y', base)?.href).toBe('https://a.example/y')
  expect(urlOf('//b.example/y', base)?.href).toBe('https://b.example/y')
  expect(urlOf('http://[', base)).toBeUndefined()
})
