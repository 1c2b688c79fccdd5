import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { ImageError } from '../../shared/errors.ts'

/** What TLS needs to know for one server. */
export interface Trust {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
}

/** Folders that hold one per registry (`HOST:PORT/*.crt`, `*.cert` and `*.key`), the user's before the machine's: Docker's and Podman's. */
function certsFolders(home: string): string[] {
  return [
    join(home, '.config/docker/certs.d'),
    join(home, '.docker/certs.d'),
    join(home, '.config/containers/certs.d'),
    '/etc/docker/certs.d',
    '/etc/containers/certs.d',
  ]
}

/** Whom to trust for `host` (with its port), and what to show it: the system's authorities, the user's file, and certs.d. */
export async function trustFor(
  host: string,
  options: { readonly caFile: string | undefined; readonly insecure: boolean; readonly home?: string },
): Promise<Trust> {
  const found = await certificatesOf(host, options.home ?? homedir())
  const extra = options.caFile === undefined ? [] : [await readCaFile(options.caFile)]
  const own = [...found.authorities, ...extra]
  return {
    // Node's own list knows neither a company's authority nor the user's.
    ca: [...getCACertificates('default'), ...getCACertificates('system'), ...own],
    ...found.client,
    ...(options.insecure ? { rejectUnauthorized: false } : {}),
  }
}

interface Certificates {
  readonly authorities: readonly string[]
  readonly client: { readonly cert?: string; readonly key?: string }
}

async function certificatesOf(host: string, home: string): Promise<Certificates> {
  const authorities: string[] = []
  let client: Certificates['client'] = {}
  for (const folder of certsFolders(home)) {
    const place = join(folder, host)
    for (const name of (await readdir(place).catch((): string[] => [])).sort((a, b) => (a < b ? -1 : 1))) {
      const path = join(place, name)
      if (name.endsWith('.crt')) authorities.push(await readCertificate(path))
      if (!name.endsWith('.cert') || client.cert !== undefined) continue
      client = {
        cert: await readCertificate(path),
        key: await readCertificate(path.replace(/\.cert$/, '.key')),
      }
    }
  }
  return { authorities, client }
}

async function readCertificate(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ImageError('certificate', `${path} is meant for this registry and cannot be read.`, {
      remedy: 'Change its permissions, or remove it.',
      cause: error,
    })
  }
}

async function readCaFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ImageError('certificate', `The file of certificates ${path} cannot be read.`, {
      remedy: 'Choose another one in the settings, or none.',
      cause: error,
    })
  })
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new ImageError('certificate', `${path} holds no certificate in PEM form.`, {
    remedy: 'Choose another file in the settings, or none.',
  })
}
