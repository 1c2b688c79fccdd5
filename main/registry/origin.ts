import { lookup as lookupNow, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { ImageError } from '../../shared/errors.ts'

/** Addresses of this machine and its link, and those under which clouds hand out credentials. */
const NEAR = new BlockList()
NEAR.addSubnet('127.0.0.0', 8, 'ipv4')
NEAR.addSubnet('0.0.0.0', 8, 'ipv4')
NEAR.addSubnet('169.254.0.0', 16, 'ipv4')
NEAR.addAddress('100.100.100.200', 'ipv4')
NEAR.addAddress('::1', 'ipv6')
NEAR.addAddress('::', 'ipv6')
NEAR.addSubnet('fe80::', 10, 'ipv6')
NEAR.addAddress('fd00:ec2::254', 'ipv6')

/** Whether an address is one of this machine's or its link's; IPv4 within IPv6 (`::ffff:7f00:1`) counts, BlockList sees to it. */
function isNear(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && NEAR.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** The host of a URL without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** Whether a host means this machine, without asking anybody (RFC 6761, 6.3). */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** Scheme, host and port: what credentials belong to. */
export function isSameOrigin(a: URL, b: URL): boolean {
  return a.origin === b.origin
}

/** The URL of a text that may be relative to `base`; undefined where it is none. */
export function urlOf(text: string, base: URL): URL | undefined {
  return URL.canParse(text, base.href) ? new URL(text, base) : undefined
}

/** Whether a host is this machine or its link, as far as the name service says. */
export async function leadsNear(host: string): Promise<boolean> {
  if (isIP(host) !== 0) return isNear(host)
  if (isLoopback(host)) return true
  const addresses = await lookup(host, { all: true }).catch(() => [])
  return addresses.some(({ address }) => isNear(address))
}

/** Fails for a host that is this machine or its link by itself; names are looked at when they are connected to. */
export function refuseNear(url: URL): void {
  if (isLoopback(hostOf(url)) || isNear(hostOf(url))) throw tooNear(url.host)
}

/** As dns.lookup, for connections to where somebody else's answer leads: the address that is connected to is the one that was checked. */
export function lookupAfar(
  hostname: string,
  options: LookupAllOptions,
  callback: (error: Error | null, addresses: LookupAddress[] | string, family?: number) => void,
): void {
  lookupNow(hostname, { ...options, all: true }, (error, addresses) => {
    const first = addresses?.[0]
    if (error || !first) callback(error, [])
    else if (addresses.some(({ address }) => isNear(address))) callback(tooNear(hostname), [])
    else if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

function tooNear(host: string): ImageError {
  return new ImageError(
    'server',
    `The registry sends to ${host}, which is on this machine or its own network link.`,
    {
      remedy: 'Such an answer is a mistake or an attack: ask whoever runs the registry.',
    },
  )
}
