import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImageError } from '../../../shared/errors.ts'
import { bundleAt, convert } from '../../support/conversion.ts'
import { testContext, type TestContext } from '../../support/context.ts'
import { snapshotOf } from '../../support/folder-snapshot.ts'
import { buildImage, writeDockerArchive, type FileSpec } from '../../support/image-builder.ts'

/** A folder beside the target whose content must neither change nor turn up inside. */
const CANARY = 'nobody may read this, or write here'
const isRoot = process.getuid?.() === 0

interface Escape {
  readonly name: string
  readonly layers: readonly (readonly FileSpec[])[]
  /** What must stand in the root filesystem afterwards: path to content; undefined for what may not be there. */
  readonly inside?: Readonly<Record<string, string | undefined>>
}

/** So large that it is written while its layer is still read (`layer-spool.ts`), or small. */
const EVILS = ['evil', 'evil'.repeat(20_000)]
let evil = 'evil'

const dir = (path: string): FileSpec => ({ path, type: 'directory' })
const file = (path: string, content = evil): FileSpec => ({ path, content })
const symlink = (path: string, linkname: string): FileSpec => ({ path, type: 'symlink', linkname })
const link = (path: string, linkname: string): FileSpec => ({ path, type: 'link', linkname })

let context: TestContext
beforeEach(async () => {
  context = await testContext()
  mkdirSync(context.path('place'))
  mkdirSync(context.path('victim'))
  writeFileSync(context.path('victim/canary'), CANARY, { mode: 0o600 })
})
afterEach(async () => {
  await context[Symbol.asyncDispose]()
})

/** Steps from `place/…/rootfs` to the victim, as many as there may be, and more. */
const UP = '../../../../../../../../../..'
const victim = (): string => context.path('victim')

const escapes = (): readonly Escape[] => [
  {
    name: 'a file through an absolute link of the same layer',
    layers: [[symlink('out', victim()), file('out/canary')]],
    inside: { [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'a file through an absolute link of a lower layer',
    layers: [[symlink('out', victim())], [file('out/canary')]],
    inside: { [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'a file through a relative link that leaves the root',
    layers: [[symlink('out', `${UP}${victim()}`)], [file('out/canary')]],
    inside: { [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'a file through a chain of links across three layers',
    layers: [[symlink('a', 'b')], [symlink('b', UP)], [file(`a${victim()}/canary`)]],
    inside: { [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'a file written through a link of its own name',
    layers: [[symlink('passwd', `${victim()}/canary`)], [file('passwd')]],
    inside: { passwd: evil },
  },
  {
    name: 'a file written through a link of its own name in the same layer',
    layers: [[symlink('passwd', `${victim()}/canary`), file('passwd')]],
    inside: { passwd: evil },
  },
  {
    name: 'a hard link to a file outside by an absolute name',
    layers: [[link('stolen', `${victim()}/canary`)]],
    inside: { stolen: '' },
  },
  {
    name: 'a hard link to a file outside by dots',
    layers: [[link('stolen', `${UP}${victim()}/canary`)]],
    inside: { stolen: '' },
  },
  {
    name: 'a hard link through a symbolic link, then a write to it',
    layers: [[symlink('out', victim()), link('stolen', 'out/canary'), file('stolen')]],
    inside: { stolen: evil },
  },
  {
    name: 'a hard link to a symbolic link, then a write through it',
    layers: [[symlink('one', `${victim()}/canary`), link('two', 'one')], [file('two')]],
    inside: { two: evil },
  },
  {
    name: 'a whiteout below a link that leads outside',
    layers: [[symlink('out', victim())], [file('out/.wh.canary', ''), file('out/.wh..wh..opq', '')]],
  },
  {
    name: 'a whiteout by dots',
    layers: [[dir('a')], [file(`a/${UP}${victim()}/.wh.canary`, ''), file('.wh...', ''), file('.wh..', '')]],
  },
  {
    name: 'names with dots',
    layers: [[file(`${UP}${victim()}/canary`), file('a/../../../b', 'in')]],
    inside: { b: 'in', [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'absolute names',
    layers: [[file(`${victim()}/canary`), file('//x//y', 'in')]],
    inside: { 'x/y': 'in', [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'the root as a link (CVE-2021-29136)',
    layers: [[symlink('./', victim()), symlink('/.', victim())], [file('canary')]],
    inside: { canary: evil },
  },
  {
    name: 'a directory that becomes a link and is written through in one layer',
    layers: [[dir('d'), file('d/a', 'a'), symlink('d', victim()), file('d/canary')]],
    inside: { [`${victim().slice(1)}/canary`]: evil },
  },
  {
    name: 'a mode and a time for a link that leads outside',
    layers: [[{ ...symlink('out', `${victim()}/canary`), mode: 0o777, mtime: 1 }]],
  },
  {
    name: 'a directory over a link that leads outside',
    layers: [[symlink('out', victim())], [{ ...dir('out'), mode: 0o777, mtime: 1 }, file('out/canary')]],
    inside: { 'out/canary': evil },
  },
  {
    name: 'a fifo, then a file of its name and a hard link to it',
    layers: [[{ path: 'pipe', type: 'fifo' }, link('other', 'pipe')], [file('pipe')]],
    inside: { pipe: evil },
  },
  {
    name: 'a link to a fifo, then a file below it',
    layers: [[{ path: 'pipe', type: 'fifo' }, symlink('p', 'pipe')], [file('p/x')]],
    inside: { 'pipe/x': evil },
  },
]

describe('an image that tries to reach outside', () => {
  const names = ((): string[] => {
    context = { path: (name: string) => `/${name}` } as TestContext
    return escapes().map(({ name }) => name)
  })()

  test.each(names.flatMap((name) => EVILS.map((content) => ({ name, size: content.length, content }))))(
    'by $name of $size bytes does not',
    async ({ name, content }) => {
      evil = content
      const escape = escapes().find((one) => one.name === name) as Escape
      const before = snapshotOf(victim())
      const stats = lstatSync(context.path('victim/canary'))
      const image = buildImage({ layers: escape.layers, references: ['evil:1'] })
      await writeDockerArchive(image, context.path('evil.tar'), { flavour: 'docker-25-gzip' })
      await convert(
        context,
        { kind: 'tar', path: context.path('evil.tar') },
        bundleAt(context.path('place/out')),
      )
      expect(snapshotOf(victim())).toEqual(before)
      const { mode, mtimeMs, nlink, uid } = lstatSync(context.path('victim/canary'))
      expect({ mode, mtimeMs, nlink, uid }).toEqual({
        mode: stats.mode,
        mtimeMs: stats.mtimeMs,
        nlink: 1,
        uid: stats.uid,
      })
      expect(readdirSync(context.path('place'))).toEqual(['out'])
      for (const [path, content] of Object.entries(escape.inside ?? {}))
        expect.soft(readFileSync(context.path(`place/out/rootfs/${path}`), 'utf8'), path).toBe(content)
      for (const [path, what] of Object.entries(snapshotOf(context.path('place/out/rootfs'))))
        if (what.startsWith('file'))
          expect.soft(readFileSync(context.path(`place/out/rootfs/${path}`), 'utf8')).not.toContain(CANARY)
    },
  )

  test('by passwd and volumes that are links reads and binds nothing outside', async () => {
    const path = (name: string): string => context.path(name)
    const image = buildImage({
      layers: [[dir('etc'), symlink('etc/passwd', `${UP}${victim()}/canary`), symlink('data', victim())]],
      config: { Cmd: ['x'], User: '1500', Volumes: { '/data': {}, '/../../up': {} } },
    })
    await writeDockerArchive(image, path('evil.tar'))
    await convert(context, { kind: 'tar', path: path('evil.tar') }, bundleAt(path('place/out')))
    const config = JSON.parse(readFileSync(path('place/out/config.json'), 'utf8')) as {
      mounts: { type: string; source: string }[]
    }
    const bound = config.mounts.filter(({ type }) => type === 'bind').map(({ source }) => source)
    expect(bound.filter((source) => source.startsWith('/') && source !== '/sys')).toEqual([])
    for (const source of bound.filter((one) => one.includes('volumes'))) {
      expect(source).not.toContain('..')
      expect(existsSync(path(`place/out/${source}`))).toBe(true)
    }
  })

  test.runIf(isRoot)('with devices makes them and opens none', async () => {
    const path = (name: string): string => context.path(name)
    const image = buildImage({
      layers: [
        [{ path: 'tty', type: 'char', mode: 0o620, device: { major: 5, minor: 0 } }, link('again', 'tty')],
      ],
    })
    await writeDockerArchive(image, path('device.tar'))
    await convert(context, { kind: 'tar', path: path('device.tar') }, bundleAt(path('place/out')))
    const [tty, again] = ['tty', 'again'].map((name) => lstatSync(path(`place/out/rootfs/${name}`)))
    expect(tty?.isCharacterDevice()).toBe(true)
    expect(tty?.rdev).toBe(5 * 256)
    expect(again?.ino).toBe(tty?.ino)
  })
})

describe('what a bundle cannot be', () => {
  const image = buildImage({ layers: [[file('a', 'a')]], references: ['a:1'] })

  test.each([
    ['a file stands there', (path: string) => writeFileSync(path, 'precious'), 'exists'],
    [
      'a folder with something in it',
      (path: string) => mkdirSync(`${path}/sub`, { recursive: true }),
      'exists',
    ],
    ['no folder to stand in', (path: string) => rmSync(dirname(path), { recursive: true }), 'not-found'],
  ] as const)('%s: it is said, and nothing changes', async (_, prepare, code) => {
    await writeDockerArchive(image, context.path('a.tar'))
    const target = context.path('place/out')
    prepare(target)
    const before = snapshotOf(context.folder)
    const error = await convert(context, { kind: 'tar', path: context.path('a.tar') }, bundleAt(target)).then(
      () => undefined,
      (reason: unknown) => reason as ImageError,
    )
    expect(error?.code).toBe(code)
    expect(snapshotOf(context.folder)).toEqual(before)
  })

  test('an empty folder is filled', async () => {
    await writeDockerArchive(image, context.path('a.tar'))
    mkdirSync(context.path('place/out'))
    await convert(context, { kind: 'tar', path: context.path('a.tar') }, bundleAt(context.path('place/out')))
    expect(readdirSync(context.path('place/out')).sort()).toEqual(['config.json', 'rootfs'])
  })

  test('a name that no file system takes is named, and nothing is left', async () => {
    const long = buildImage({ layers: [[file('n'.repeat(300), 'x')]] })
    await writeDockerArchive(long, context.path('long.tar'))
    const error = await convert(
      context,
      { kind: 'tar', path: context.path('long.tar') },
      bundleAt(context.path('place/out')),
    ).then(
      () => undefined,
      (reason: unknown) => reason as ImageError,
    )
    expect(error?.message).toMatch(/^"n+" cannot be written: its name or its path is too long/)
    expect(readdirSync(context.path('place'))).toEqual([])
  })
})

test('names that are not UTF-8, holes, and links as they stand', async () => {
  const odd = Buffer.from([0x61, 0xff, 0x62])
  const zeros = Buffer.alloc(4 * 1024 * 1024)
  zeros.write('in the midst', 2 * 1024 * 1024 + 5)
  const image = buildImage({
    layers: [
      [
        { path: odd, content: 'odd' },
        { path: 'zeros', content: zeros },
        { path: 'times', content: 'x', mtime: 1_700_000_000.123 },
        symlink('dangling', '../nowhere'),
      ],
      [link('again', 'zeros')],
    ],
  })
  await writeDockerArchive(image, context.path('odd.tar'))
  const out = context.path('place/out')
  await convert(context, { kind: 'tar', path: context.path('odd.tar') }, bundleAt(out))
  expect(readFileSync(Buffer.concat([Buffer.from(`${out}/rootfs/`), odd]), 'utf8')).toBe('odd')
  expect(readFileSync(`${out}/rootfs/zeros`).equals(zeros)).toBe(true)
  const { blocks, size, nlink } = lstatSync(`${out}/rootfs/zeros`)
  expect(size).toBe(zeros.length)
  expect(blocks * 512).toBeLessThan(1024 * 1024)
  expect(nlink).toBe(2)
  expect(readlinkSync(`${out}/rootfs/dangling`)).toBe('../nowhere')
  expect(lstatSync(`${out}/rootfs/times`, { bigint: true }).mtimeNs).toBe(1_700_000_000_123_000_000n)
})
