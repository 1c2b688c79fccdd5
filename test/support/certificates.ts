import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from './command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A private key and its certificate, as paths of PEM files. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** The names and addresses by which this machine reaches itself. */
const LOOPBACK = 'DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:::1'

/** A certificate authority of its own and what it signed, made by openssl in a temporary folder. */
export class Certificates implements AsyncDisposable {
  readonly #folder: TemporaryFolder

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder
  }

  static async make(): Promise<Certificates> {
    const folder = await TemporaryFolder.make()
    const made = new Certificates(folder)
    try {
      await made.#selfSign('ca', 'Test CA')
      await made.#selfSign('signer', 'Test token server')
      await Promise.all([
        made.#sign('server', `subjectAltName=${LOOPBACK}\nextendedKeyUsage=serverAuth`),
        made.#sign('other-name', 'subjectAltName=DNS:other.test\nextendedKeyUsage=serverAuth'),
        made.#sign('expired', `subjectAltName=${LOOPBACK}\nextendedKeyUsage=serverAuth`, '-1'),
        made.#sign('client', 'extendedKeyUsage=clientAuth'),
      ])
      return made
    } catch (error) {
      await made[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The authority's own certificate: who trusts it trusts all but the expired and the self-signed. */
  get ca(): string {
    return this.#folder.at('ca.crt')
  }

  /** For `localhost` and the loopback addresses. */
  get server(): KeyPair {
    return this.#pair('server')
  }

  /** For `localhost`, but its last day is over. */
  get expired(): KeyPair {
    return this.#pair('expired')
  }

  /** In order, but for the host `other.test`. */
  get otherName(): KeyPair {
    return this.#pair('other-name')
  }

  get client(): KeyPair {
    return this.#pair('client')
  }

  /** What a token server signs with; self-signed, known to nobody. */
  get signer(): KeyPair {
    return this.#pair('signer')
  }

  /** A folder in the shape of docker's `certs.d/HOST`, as `skopeo --src-cert-dir` takes it. */
  async folderForClients(): Promise<string> {
    const folder = this.#folder.at('certs.d')
    const { key, cert } = this.client
    await mkdir(folder, { recursive: true })
    await copyFile(this.ca, join(folder, 'ca.crt'))
    await copyFile(key, join(folder, 'client.key'))
    await copyFile(cert, join(folder, 'client.cert'))
    return folder
  }

  #pair(name: string): KeyPair {
    return { key: this.#folder.at(`${name}.key`), cert: this.#folder.at(`${name}.crt`) }
  }

  async #selfSign(name: string, subject: string): Promise<void> {
    const { key, cert } = this.#pair(name)
    await command('openssl', [
      'req',
      '-x509',
      ...NEW_KEY,
      key,
      '-out',
      cert,
      '-days',
      '7',
      '-subj',
      `/CN=${subject}`,
    ])
  }

  /** `days` below zero end before they begin: an expired certificate. */
  async #sign(name: string, extensions: string, days = '7'): Promise<void> {
    const { key, cert } = this.#pair(name)
    const request = this.#folder.at(`${name}.csr`)
    const extensionFile = this.#folder.at(`${name}.ext`)
    await writeFile(extensionFile, extensions)
    await command('openssl', ['req', ...NEW_KEY, key, '-out', request, '-subj', `/CN=${name}`])
    const authority = [
      '-CA',
      this.ca,
      '-CAkey',
      this.#pair('ca').key,
      '-CAcreateserial',
      '-CAserial',
      `${request}.srl`,
    ]
    await command('openssl', [
      'x509',
      '-req',
      '-in',
      request,
      ...authority,
      '-out',
      cert,
      '-days',
      days,
      '-extfile',
      extensionFile,
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]()
  }
}

/** Elliptic keys are made at once; RSA's take a second each. */
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout']
