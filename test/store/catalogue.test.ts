import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Catalogue } from '../../main/store/catalogue.ts'
import { hexOf, type Digest } from '../../shared/digest.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { knownImage } from '../support/known-images.ts'

const digestOf = (digit: string): Digest => `sha256:${digit.repeat(64)}`
const [ONE, TWO, THREE] = [digestOf('1'), digestOf('2'), digestOf('3')]
const SOURCE: SourceSpec = { kind: 'tar', path: '/images/a.tar' }

let folder: string
let catalogue: Catalogue

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'occystrap-catalogue-')), 'images')
  catalogue = new Catalogue(folder)
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(join(folder, '..'), { recursive: true })
})

async function rememberAt(second: number, imageID: Digest, source = SOURCE, to = catalogue): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'], now: second * 1000 })
  await to.remember(knownImage(imageID, [digestOf('a')]), source)
  vi.useRealTimers()
}

const ids = async (of = catalogue): Promise<Digest[]> => (await of.all()).map(({ imageID }) => imageID)

describe('the catalogue of images opened before', () => {
  it('is empty, and makes no folder, before anything is remembered', async () => {
    expect(await catalogue.all()).toEqual([])
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('keeps what is known without asking the source, for the user alone', async () => {
    const layers = [digestOf('a'), digestOf('b')]
    await catalogue.remember(knownImage(ONE, layers, { reference: 'docker.io/library/a:1' }), SOURCE)
    const expected = {
      imageID: ONE,
      source: SOURCE,
      reference: 'docker.io/library/a:1',
      platform: 'linux/amd64',
      opened: expect.any(Number),
      layers: layers.map((diffID, i) => ({ diffID, createdBy: `RUN step ${i}` })),
    }
    expect(await catalogue.all()).toEqual([expected])
    expect(await new Catalogue(folder).all()).toEqual([expected])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, `${hexOf(ONE)}.json`))).mode & 0o777).toBe(0o600)
  })

  it('lists the image opened last first, each once and from where it was opened last', async () => {
    await rememberAt(1, ONE)
    await rememberAt(2, TWO)
    expect(await ids()).toEqual([TWO, ONE])
    const elsewhere: SourceSpec = { kind: 'registry', image: 'example.org/a:1' }
    await rememberAt(3, ONE, elsewhere, new Catalogue(folder))
    expect(await ids()).toEqual([ONE, TWO])
    expect((await catalogue.all())[0]?.source).toEqual(elsewhere)
  })

  it('keeps no password that stands in an address', async () => {
    await catalogue.remember(knownImage(ONE, []), {
      kind: 'docker',
      image: 'a:1',
      socket: 'ssh://me:secret@host:22/run/docker.sock',
    })
    expect(await readFile(join(folder, `${hexOf(ONE)}.json`), 'utf8')).not.toContain('secret')
    expect((await catalogue.all())[0]?.source).toMatchObject({ socket: 'ssh://me@host:22/run/docker.sock' })
  })

  it('forgets', async () => {
    await rememberAt(1, ONE)
    await rememberAt(2, TWO)
    await catalogue.forget(TWO)
    await catalogue.forget(THREE)
    expect(await ids()).toEqual([ONE])
  })

  it('passes over what is damaged or nothing of its own', async () => {
    await rememberAt(1, ONE)
    await rememberAt(2, TWO)
    const text = await readFile(join(folder, `${hexOf(ONE)}.json`), 'utf8')
    await writeFile(join(folder, `${hexOf(TWO)}.json`), '{"imageID":')
    await writeFile(join(folder, `${hexOf(THREE)}.json`), text)
    await writeFile(join(folder, 'notes.json'), text)
    await mkdir(join(folder, `${'4'.repeat(64)}.json`))
    expect(await ids()).toEqual([ONE])
    expect(await ids(new Catalogue(folder))).toEqual([ONE])
  })

  it('drops those opened longest ago beyond its limit', async () => {
    const small = new Catalogue(folder, { limit: 2 })
    for (const [second, imageID] of [ONE, TWO].entries()) {
      await rememberAt(second, imageID, SOURCE, small)
      await utimes(join(folder, `${hexOf(imageID)}.json`), second, second)
    }
    await rememberAt(3, THREE, SOURCE, small)
    expect(await ids(small)).toEqual([THREE, TWO])
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('keeps all that are remembered at once', async () => {
    const all = '0123456789'.split('').map(digestOf)
    await Promise.all(
      all.flatMap((id) =>
        [catalogue, new Catalogue(folder)].map((one) => one.remember(knownImage(id, []), SOURCE)),
      ),
    )
    expect((await ids()).sort()).toEqual(all)
    expect(await readdir(folder)).toHaveLength(10)
  })
})
