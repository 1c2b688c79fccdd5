import * as fc from 'fast-check'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { INDEX_FORMAT } from '../../main/store/index-file.ts'
import { FileLayerIndex } from '../../main/store/layer-index.ts'
import type { Digest } from '../../shared/digest.ts'
import { directory, entry, tableOf } from '../support/entries.ts'

const ONE: Digest = `sha256:${'1'.repeat(64)}`
const TWO: Digest = `sha256:${'2'.repeat(64)}`

/** The newest format's folder. */
const FORMAT = `v${INDEX_FORMAT}`

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-index-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const bytes = fc.uint8Array({ maxLength: 20 }).map((values) => Buffer.from(values).toString('latin1'))
const anEntry: fc.Arbitrary<TarEntry> = fc
  .record({
    path: bytes,
    type: fc.constantFrom('file', 'directory', 'symlink', 'link', 'fifo', 'char', 'block'),
    size: fc.nat(2 ** 31 - 1).map((size) => size * 2 ** 22),
    mode: fc.nat(0o7777),
    // Columns of nothing but zeros are kept in another way.
    uid: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(2 ** 31 - 1)),
    gid: fc.nat(2 ** 31 - 1),
    mtime: fc.integer(),
    mtimeNanoseconds: fc.nat(999_999_999),
    offset: fc.nat().map((offset) => offset * 512),
    linkname: fc.option(
      bytes.filter((name) => name !== ''),
      { nil: undefined },
    ),
    device: fc.option(fc.record({ major: fc.nat(255), minor: fc.nat(255) }), { nil: undefined }),
    xattrs: fc.option(
      fc.dictionary(fc.constantFrom('user.a', 'security.capability', '__proto__'), fc.uint8Array()),
      {
        nil: undefined,
      },
    ),
    sparse: fc.option(fc.array(fc.tuple(fc.nat(), fc.nat())), { nil: undefined }),
    isShort: fc.boolean(),
  })
  .map((fields) => {
    const { isShort, ...present } = fields
    for (const name of ['linkname', 'device', 'xattrs', 'sparse'] as const)
      if (present[name] === undefined) delete present[name]
    return Object.assign(present, { storedSize: isShort ? 1 : present.size }) as TarEntry
  })

describe('the layer index', () => {
  it('gives back every entry as it was put in', async () => {
    const index = new FileLayerIndex(folder)
    await fc.assert(
      fc.asyncProperty(fc.array(anEntry), fc.nat(), async (entries, size) => {
        const table = tableOf(entries)
        await index.put(ONE, { table, size })
        const got = await new FileLayerIndex(folder).get(ONE)
        expect(got?.size).toBe(size)
        expect(got?.table.length).toBe(entries.length)
        for (let row = 0; row < entries.length; row++)
          expect(plain(got!.table.at(row))).toEqual(plain(table.at(row)))
      }),
      { numRuns: 200 },
    )
  })

  it('knows what it has', async () => {
    const index = new FileLayerIndex(folder)
    expect(await index.has(ONE)).toBe(false)
    expect(await index.get(ONE)).toBeUndefined()
    expect(await index.size()).toBe(0)
    await index.put(ONE, { table: tableOf([entry('a')]), size: 1 })
    expect([await index.has(ONE), await index.has(TWO)]).toEqual([true, false])
    const size = await index.size()
    expect(size).toBeGreaterThan(0)
    expect(await index.clear()).toBe(size)
    expect(await index.has(ONE)).toBe(false)
  })

  it('finds any damage, answers nothing and removes the file', async () => {
    const index = new FileLayerIndex(folder)
    await index.put(ONE, { table: tableOf([directory('etc'), entry('etc/passwd', { size: 9 })]), size: 1 })
    const path = await onlyFile()
    const whole = await readFile(path)
    const damaged = [
      Buffer.alloc(0),
      Buffer.from('not an index'),
      whole.subarray(0, 40),
      whole.subarray(0, -1),
      Buffer.concat([whole, Buffer.from([0])]),
      ...Array.from({ length: whole.length }, (_, at) => flipped(whole, at)),
    ]
    const other = new FileLayerIndex(folder)
    for (const content of damaged) {
      await writeFile(path, content)
      expect(await other.get(ONE)).toBeUndefined()
      expect(await other.has(ONE)).toBe(false)
    }
  })

  it('does not take one layer for another', async () => {
    const index = new FileLayerIndex(folder)
    await index.put(ONE, { table: tableOf([entry('a')]), size: 1 })
    const path = await onlyFile()
    await writeFile(path.replace('1'.repeat(64), '2'.repeat(64)), await readFile(path))
    expect(await index.get(TWO)).toBeUndefined()
    expect(await index.has(TWO)).toBe(false)
    expect(await index.has(ONE)).toBe(true)
  })

  it('gives out one table for as long as it is in use', async () => {
    await new FileLayerIndex(folder).put(ONE, { table: tableOf([entry('a')]), size: 1 })
    const index = new FileLayerIndex(folder)
    const first = await index.get(ONE)
    expect((await index.get(ONE))?.table).toBe(first?.table)
  })

  it('leaves nothing half-written in sight, and clears what the dead left', async () => {
    const index = new FileLayerIndex(folder)
    await index.put(ONE, { table: tableOf([entry('a')]), size: 1 })
    const path = await onlyFile()
    // A pid beyond Linux's maximum runs nowhere.
    const mark = (await import('../../main/image/process-owner.ts')).ownerMark().split('-')[0]
    await writeFile(`${path}.${mark}-4194999-1.0.tmp`, 'half')
    await writeFile(`${path}.${mark}-${process.pid}-0.0.tmp`, 'mine')
    await new FileLayerIndex(folder).put(TWO, { table: tableOf([]), size: 0 })
    const names = await readdir(join(path, '..'))
    expect(names.filter((name) => name.includes('4194999'))).toEqual([])
    expect(names.filter((name) => name.includes(`-${process.pid}-`))).toHaveLength(1)
  })

  it('clears what is in an older format', async () => {
    await mkdir(join(folder, 'v1'))
    await writeFile(join(folder, 'v1', 'old'), 'old')
    await new FileLayerIndex(folder).put(ONE, { table: tableOf([]), size: 0 })
    expect(await readdir(folder)).toEqual([FORMAT])
  })

  it('forgets the least recently used beyond its limit', async () => {
    const digests = Array.from({ length: 5 }, (_, i): Digest => `sha256:${String(i).repeat(64)}`)
    const index = new FileLayerIndex(folder)
    for (const digest of digests) await index.put(digest, { table: tableOf([entry('a')]), size: 1 })
    const each = (await index.size()) / 5
    const names = await readdir(join(folder, FORMAT))
    for (const name of names) await utimes(join(folder, FORMAT, name), 0, Number(name[0]))
    await new FileLayerIndex(folder).get(digests[0]!)
    const small = new FileLayerIndex(folder, { limit: each * 2.5 })
    await small.put(ONE, { table: tableOf([entry('a')]), size: 1 })
    const kept = await Promise.all(digests.map((digest) => small.has(digest)))
    expect(kept).toEqual([true, true, false, false, true])
  })
})

async function onlyFile(): Promise<string> {
  const [name] = await readdir(join(folder, FORMAT))
  return join(folder, FORMAT, name!)
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = copy[at]! ^ (1 << (at % 8))
  return copy
}

/** Attributes as pairs: their names may be those of prototypes. */
function plain({ xattrs, ...rest }: TarEntry): unknown {
  const pairs = Object.entries(xattrs ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString('hex'),
  ])
  return { ...rest, xattrs: pairs.toSorted(([a], [b]) => (a! < b! ? -1 : 1)) }
}
