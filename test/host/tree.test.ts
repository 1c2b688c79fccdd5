import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { command } from '../support/command.ts'
import { describeWith } from '../support/needs.ts'
import { linesOf, Occystrap, pathKey, type FoundPath, type ListedPath } from '../support/occystrap.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const TOOLS = [
  'dockerd',
  'docker',
  'podman',
  'skopeo',
  'umoci',
  'mmdebstrap',
  'python3',
  'zstd',
  'xz',
  'bzip2',
] as const
const SUPPORT = join(import.meta.dirname, '../support')

/** What `tree-on-disk.py` says of a path; names in base64. */
interface PathOnDisk {
  readonly path: string
  readonly type: string
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly inode?: number
  readonly linkname?: string
  readonly device?: { readonly major: number; readonly minor: number }
  readonly size?: number
  readonly sha256?: string
  readonly xattrs?: Readonly<Record<string, string>>
}

type TimelessPath = Omit<PathOnDisk, 'mtime'>

/** What `layers-by-python.py` says of an entry. */
interface EntryByPython extends Omit<PathOnDisk, 'inode' | 'xattrs'> {
  readonly layer: number
}

/** Both sides in one shape, by path; a hard link is named by the first of its inode's paths. */
type Tree = Record<string, Record<string, unknown>>

function treeOf(paths: readonly TimelessPath[]): Tree {
  const sorted = paths.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const firstOfInode = new Map<number, string>()
  const tree: Tree = {}
  for (const { path, inode, ...rest } of sorted) {
    // Times are compared in a test of their own.
    if ('mtime' in rest) delete rest.mtime
    if (inode !== undefined && !firstOfInode.has(inode)) firstOfInode.set(inode, path)
    const isLinked = inode !== undefined && firstOfInode.get(inode) !== path
    tree[shown(path)] = { ...rest, ...(isLinked ? { sameAs: shown(firstOfInode.get(inode) ?? '') } : {}) }
  }
  return tree
}

/** A key in base64 as text a person can read in a failed comparison. */
function shown(base64: string): string {
  return JSON.stringify(Buffer.from(base64, 'base64').toString('latin1'))
}

function treeOfListing(listing: readonly ListedPath[]): Tree {
  return treeOf(listing.filter((listed) => listed.path !== '').map(onDisk))
}

/** What lstat says of such a path, in the other side's words: a directory's inode and a symbolic link's size are the disk's own affair. */
function onDisk(listed: ListedPath): TimelessPath {
  const { type, mode, uid, gid, inode, size, sha256, xattrs, linkname, device } = listed
  const isFile = type === 'file'
  return withoutAbsent({
    path: pathKey(listed),
    type,
    mode,
    uid,
    gid,
    inode: type === 'directory' ? undefined : inode,
    linkname: type === 'symlink' ? Buffer.from(linkname ?? '').toString('base64') : undefined,
    device,
    size: isFile ? size : undefined,
    sha256: isFile ? sha256 : undefined,
    xattrs: Object.keys(xattrs ?? {}).length > 0 ? xattrs : undefined,
  })
}

function withoutAbsent<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never
}

describeWith({ tools: TOOLS, root: true }, 'the file tree of a real image', () => {
  let images: RealImages
  /** As `umoci unpack` put it on disk. */
  let disk: PathOnDisk[]
  /** As Python's tarfile reads the layers. */
  let layers: EntryByPython[]

  beforeAll(async () => {
    images = await realImages()
    await using folder = await TemporaryFolder.make()
    await command('umoci', ['unpack', '--image', `${images.layout}:1.0`, folder.at('bundle')])
    disk = linesOf(
      await command('python3', [join(SUPPORT, 'tree-on-disk.py'), folder.at('bundle', 'rootfs')]),
    )
    layers = linesOf(await command('python3', [join(SUPPORT, 'layers-by-python.py'), images.dockerArchive]))
  })

  test('is what umoci unpacks: path, type, mode, owner, size, link, hard links, attributes and content', async () => {
    await using occystrap = await Occystrap.make()
    const listing = await occystrap.lines<ListedPath>(
      'ls',
      '--json',
      '--hash',
      `tar://${images.dockerArchive}`,
    )
    expect(disk.length).toBeGreaterThan(3000)
    expect(treeOfListing(listing)).toEqual(treeOf(disk))
  })

  test('carries the times umoci restores', async () => {
    await using occystrap = await Occystrap.make()
    const listing = await occystrap.lines<ListedPath>('ls', '--json', `tar://${images.dockerArchive}`)
    const timeOf = (paths: readonly { path: string; mtime: number }[]): Record<string, number> =>
      Object.fromEntries(paths.map(({ path, mtime }) => [shown(path), Math.floor(mtime)]))
    const ours = listing.map((listed) => ({ path: pathKey(listed), mtime: listed.mtime }))
    expect(timeOf(ours)).toEqual(timeOf(disk))
  })

  test('is the same from every archive of the image', async () => {
    await using occystrap = await Occystrap.make()
    const [first, ...others] = images.archives.filter(
      ({ images: [image] }) => image?.layers.length === images.torture.layers.length,
    )
    const treeFrom = async (archive: typeof first): Promise<Tree> => {
      const chosen = archive && archive.images.length > 1 ? `?image=${images.torture.reference}` : ''
      return treeOfListing(
        await occystrap.lines('ls', '--json', '--hash', `${archive?.kind}://${archive?.path}${chosen}`),
      )
    }
    const expected = await treeFrom(first)
    expect(others.length).toBeGreaterThan(6)
    for (const archive of others) expect.soft(await treeFrom(archive), archive.name).toEqual(expected)
  })

  test('of one layer is what Python reads in its tar', async () => {
    await using occystrap = await Occystrap.make()
    for (const layer of [1, 3, 5, 8]) {
      const listing = await occystrap.lines<ListedPath>(
        'ls',
        '--json',
        '--hash',
        '--layer',
        `${layer}`,
        `tar://${images.dockerArchive}`,
      )
      const ours = listing.map((listed) => [
        shown(pathKey(listed)),
        listed.type,
        listed.mode,
        listed.uid,
        listed.gid,
        listed.sha256,
      ])
      const theirs = layers
        .filter((entry) => entry.layer === layer)
        .map((entry) => [shown(entry.path), entry.type, entry.mode, entry.uid, entry.gid, entry.sha256])
      const byPath = (a: unknown[], b: unknown[]): number => (String(a[0]) < String(b[0]) ? -1 : 1)
      expect.soft(ours.sort(byPath), `layer ${layer}`).toEqual(theirs.sort(byPath))
    }
  })

  test('gives the bytes of its files', async () => {
    await using occystrap = await Occystrap.make()
    const source = `tar://${images.dockerArchive}`
    expect(await occystrap.run('cat', source, 'srv/app/replaced.txt')).toBe('second\n')
    expect(await occystrap.run('cat', source, '/srv/app/nested/through.txt')).toBe('through\n')
    expect(await occystrap.run('cat', '--layer', '2', source, 'srv/app/replaced.txt')).toBe('first\n')
    expect(await occystrap.run('cat', source, 'srv/types/hard-d')).toBe('shared\n')
    expect(await occystrap.run('cat', source, 'srv/names/größe-日本.txt')).toBe('')
    const random = await occystrap.attempt('cat', source, 'srv/random.bin')
    const { createHash } = await import('node:crypto')
    const expected = disk.find(({ path }) => path === Buffer.from('srv/random.bin').toString('base64'))
    expect(createHash('sha256').update(random.stdout).digest('hex')).toBe(expected?.sha256)
  })

  test('refuses what is not a file in it, with one sentence', async () => {
    await using occystrap = await Occystrap.make()
    for (const path of ['srv/app/opaque/old.txt', 'srv', 'nowhere', 'srv/types/fifo']) {
      const { status, stdout, stderr } = await occystrap.attempt('cat', `tar://${images.dockerArchive}`, path)
      expect.soft({ status, stdout: stdout.toString() }, path).toEqual({ status: 1, stdout: '' })
      expect.soft(stderr, path).toContain(path)
      expect.soft(stderr, path).not.toMatch(/^\s+at /m)
    }
  })

  test('is searched in every layer: what Python finds, with what became of it', async () => {
    await using occystrap = await Occystrap.make()
    // Twice, because the second answer comes from the layer index.
    for (const run of ['first', 'again']) {
      const found = await occystrap.lines<FoundPath>(
        'search',
        '--json',
        `tar://${images.dockerArchive}`,
        '*.txt',
      )
      const matching = layers.filter(
        ({ path, type }) =>
          /^(?!.*\.wh\.).*\.txt$/.test(Buffer.from(path, 'base64').toString()) && type !== 'directory',
      )
      const key = (layer: number, path: string): string => `${layer} ${shown(path)}`
      expect
        .soft(found.map((hit) => key(hit.layerIndex, pathKey(hit))).sort(), run)
        .toEqual(matching.map((entry) => key(entry.layer, entry.path)).sort())
      const isOnDisk = new Set(disk.map(({ path }) => path))
      const lastLayer = new Map(matching.map((entry) => [entry.path, entry.layer]))
      const present = matching.filter(
        ({ path, layer }) => isOnDisk.has(path) && lastLayer.get(path) === layer,
      )
      expect
        .soft(
          found
            .filter(({ state }) => state === 'present')
            .map((hit) => key(hit.layerIndex, pathKey(hit)))
            .sort(),
          run,
        )
        .toEqual(present.map((entry) => key(entry.layer, entry.path)).sort())
    }
    const history = await occystrap.lines<FoundPath>(
      'search',
      '--json',
      `tar://${images.dockerArchive}`,
      'deleted.txt',
    )
    expect(history.map(({ layerIndex, state, by }) => ({ layerIndex, state, by }))).toEqual([
      { layerIndex: 2, state: 'deleted', by: 7 },
      { layerIndex: 11, state: 'present', by: undefined },
    ])
  })

  test('is searched by regular expression and for scripts', async () => {
    await using occystrap = await Occystrap.make()
    const source = `tar://${images.dockerArchive}`
    const lines = (await occystrap.run('search', '--regex', '--script-friendly', source, '^srv/app/.*swap$'))
      .trim()
      .split('\n')
    expect(lines).toEqual(
      [2, 7, 11].map(
        (layer) => `${images.torture.reference}:${images.torture.layers[layer]?.slice(7)}:srv/app/swap`,
      ),
    )
    expect((await occystrap.attempt('search', source, 'nothing-is-called-this')).status).toBe(1)
    expect((await occystrap.attempt('search', '--regex', source, '(')).status).toBeGreaterThan(1)
  })
})
