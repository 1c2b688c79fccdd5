import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EntryTable } from '../../main/image/entry-table.ts'
import { LayerSpool, packIn, spooledAlone } from '../../main/image/layer-spool.ts'
import { TarScan } from '../../main/image/tar-scan.ts'
import { describeWith } from '../support/needs.ts'
import { packTar } from '../support/tar-builder.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { Tmpfs } from '../support/tmpfs.ts'

const KIB = 1024
const LARGE = 32 * KIB

/** Bytes that differ from file to file, in which runs of zeros stand. */
function content(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) if ((i >> 16) % 3 !== seed % 3) bytes[i] = (i * 31 + seed) % 251
  return bytes
}

/** The tar taken apart, pushed in pieces of so many bytes. */
function spooled(folder: string, tar: Uint8Array, step: number): { table: EntryTable; isWhole: boolean } {
  using spool = new LayerSpool(folder)
  const scan = new TarScan(spool)
  for (let at = 0; at < tar.length; at += step) spool.push(tar.subarray(at, at + step), scan)
  const entries = scan.end()
  if ('error' in entries) throw entries.error
  return { table: entries.table, isWhole: spool.isWhole }
}

describe('a spool', () => {
  it('has the content of every file, however the tar was cut', async () => {
    await using folder = await TemporaryFolder.make()
    let run = 0
    const size = fc.oneof(
      fc.nat(3 * KIB),
      fc.constantFrom(LARGE - 1, LARGE, LARGE + 1, 1024 * KIB - 1, 1024 * KIB, 1200 * KIB),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(size, { maxLength: 8 }),
        fc.constantFrom(500, 4096, 100_001, 512 * KIB),
        async (sizes, step) => {
          const contents = sizes.map(content)
          const tar = packTar(contents.map((content, i) => ({ path: `f${i}`, content })))
          const at = folder.at(String(run++))
          const { table, isWhole } = spooled(at, tar, step)
          expect(isWhole).toBe(true)
          const pack = await readFile(packIn(at))
          const alone: string[] = ['pack']
          for (const [row, expected] of contents.entries()) {
            const offset = table.offset(row)
            const place = spooledAlone(at, { offset, storedSize: expected.length })
            expect(place !== undefined).toBe(expected.length >= LARGE)
            if (place !== undefined) alone.push(String(offset))
            const found = place ? await readFile(place) : pack.subarray(offset, offset + expected.length)
            expect(found.equals(expected)).toBe(true)
          }
          expect((await readdir(at)).sort()).toEqual(alone.sort())
        },
      ),
      { numRuns: 60 },
    )
  })

  it('keeps holes, and nothing of what stands behind the archive', async () => {
    await using folder = await TemporaryFolder.make()
    const zeros = Buffer.alloc(64 * 1024 * KIB)
    const tar = packTar([
      { path: 'zeros', content: zeros },
      { path: 'small', content: 'x' },
    ])
    const { table } = spooled(
      folder.at('s'),
      Buffer.concat([tar, Buffer.alloc(8 * 1024 * KIB, 1)]),
      256 * KIB,
    )
    const alone = spooledAlone(folder.at('s'), { offset: table.offset(0), storedSize: zeros.length })
    const { size, blocks } = await stat(alone ?? '')
    expect(size).toBe(zeros.length)
    expect(blocks * 512).toBeLessThan(1024 * KIB)
    const pack = await stat(packIn(folder.at('s')))
    expect(pack.size).toBeLessThan(tar.length + 512 * KIB)
    expect(pack.blocks * 512).toBeLessThan(1024 * KIB)
  })

  it('is for this user alone', async () => {
    await using folder = await TemporaryFolder.make()
    spooled(folder.at('s'), packTar([{ path: 'a', content: content(LARGE, 1), mode: 0o4777 }]), 4096)
    expect((await stat(folder.at('s'))).mode & 0o777).toBe(0o700)
    for (const name of await readdir(folder.at('s')))
      expect((await stat(folder.at('s', name))).mode & 0o7777).toBe(0o600)
  })
})

describeWith({ tools: [], root: true }, 'a spool on a disk that is too small', () => {
  it.each([64 * KIB, 12 * 1024 * KIB])('of %d bytes is given up, and gives the room back', async (size) => {
    await using disk = await Tmpfs.mount(size)
    await mkdir(`${disk.path}/own`)
    const files = Array.from({ length: 8 }, (_, i) => ({
      path: `f${i}`,
      content: content(4 * 1024 * KIB, i),
    }))
    const { table, isWhole } = spooled(`${disk.path}/own/s`, packTar(files), 512 * KIB)
    expect(isWhole).toBe(false)
    expect(table.length).toBe(8)
    expect(existsSync(`${disk.path}/own/s`)).toBe(false)
  })
})
