import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { trustFor } from '../../main/registry/trust.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await TemporaryFolder.make()
})
afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

const PEM = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`

async function write(path: string, content: string): Promise<string> {
  const file = folder.at(path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}

const trust = (host: string, options: { caFile?: string; insecure?: boolean } = {}) =>
  trustFor(host, { caFile: options.caFile, insecure: options.insecure ?? false, home: folder.path })

test('the authorities of this computer are trusted, and nobody else where nothing is said', async () => {
  const found = await trust('a.example')
  expect(found.ca?.length).toBeGreaterThan(10)
  expect([found.cert, found.key, found.rejectUnauthorized]).toEqual([undefined, undefined, undefined])
})

test('certs.d says whom to trust for one server, and what to show it', async () => {
  await write('.docker/certs.d/a.example:5000/own.crt', PEM('own'))
  await write('.config/containers/certs.d/a.example:5000/podman.crt', PEM('podman'))
  await write('.config/docker/certs.d/a.example:5000/client.cert', PEM('client'))
  await write('.config/docker/certs.d/a.example:5000/client.key', 'the key')
  await write('.docker/certs.d/a.example:5000/second.cert', PEM('second'))
  await write('.docker/certs.d/a.example:5000/notes.txt', 'no certificate')
  const found = await trust('a.example:5000')
  expect(found.ca).toEqual(expect.arrayContaining([PEM('own'), PEM('podman')]))
  expect(found.ca).not.toContain('no certificate')
  expect([found.cert, found.key]).toEqual([PEM('client'), 'the key'])
  for (const other of ['a.example', 'a.example:5001', 'b.example:5000']) {
    const { ca, cert } = await trust(other)
    expect([ca?.includes(PEM('own')), cert]).toEqual([false, undefined])
  }
})

test("the user's own file is trusted for every server", async () => {
  const caFile = await write('company.pem', PEM('company'))
  expect((await trust('a.example', { caFile })).ca).toContain(PEM('company'))
})

test('without checking is without checking, whatever else is there', async () => {
  expect(await trust('a.example', { insecure: true })).toMatchObject({ rejectUnauthorized: false })
})

test('what is there and cannot be used is named', async () => {
  const missing = folder.at('missing.pem')
  await expect(trust('a.example', { caFile: missing })).rejects.toMatchObject({
    code: 'certificate',
    message: expect.stringContaining(missing),
  })
  const der = await write('company.der', '0\x82')
  await expect(trust('a.example', { caFile: der })).rejects.toMatchObject({
    code: 'certificate',
    message: `${der} holds no certificate in PEM form.`,
  })
  const lonely = await write('.docker/certs.d/b.example/client.cert', PEM('client'))
  await expect(trust('b.example')).rejects.toMatchObject({
    code: 'certificate',
    message: expect.stringContaining(lonely.replace('.cert', '.key')),
  })
  await copyFile(lonely, lonely.replace('.cert', '.key'))
  expect(await trust('b.example')).toMatchObject({ cert: PEM('client') })
})
