import * as fc from 'fast-check'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { mountedBelow } from '../../main/outputs/mounts/mounted-below.ts'
import { command, tryCommand } from '../support/command.ts'
import { testContext } from '../support/context.ts'
import { convert } from '../support/conversion.ts'
import {
  buildImage,
  sampleImage,
  writeDockerArchive,
  writeLayout,
  type FileSpec,
} from '../support/image-builder.ts'
import { layerStack } from '../support/layer-arbitrary.ts'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap } from '../support/occystrap.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { treeAt } from '../support/tree-at.ts'

const STACKS = 60
/** `nobody`: a user with a name, which fusermount asks for. */
const USER = 65_534

function mountsBelow(folder: string): string[] {
  return mountedBelow(readFileSync('/proc/self/mountinfo', 'latin1'), folder)
}

function imageFolder(path: string, index = 0): string {
  return join(path, 'images', readdirSync(join(path, 'images')).toSorted()[index] as string)
}

async function unmountAll(folder: string): Promise<void> {
  for (const target of mountsBelow(folder)) await command('umount', [target])
}

describeWith(
  { tools: ['umoci', 'python3'], root: true },
  'layers of every kind, mounted one over the other',
  () => {
    test('give the tree that umoci unpacks', async () => {
      await using context = await testContext()
      const stacks = fc
        .sample(layerStack, { numRuns: STACKS, seed: Number(process.env['SEED'] ?? 20261130) })
        .filter((layers) => layers.length > 0)
      let compared = 0
      for (const [index, layers] of stacks.entries()) {
        const layout = context.path(`layout-${index}`)
        const bundle = context.path(`bundle-${index}`)
        const path = context.path(`mounts-${index}`)
        const images = context.path(`images-${index}`)
        await writeLayout(
          layout,
          buildImage({ references: ['stack:1'], layers: layers.map((layer) => layer.map(specOf)) }),
        )
        const unpacked = await tryCommand('umoci', ['unpack', '--image', `${layout}:1`, bundle])
        try {
          const input = { kind: 'layout', path: layout } as const
          await convert(context, input, { kind: 'mounts', path, mount: true })
          await convert(context, input, { kind: 'dir', path: images, uniqueNames: false, expand: true })
          const merged = await treeAt(join(imageFolder(path), 'merged'))
          expect(merged, JSON.stringify(layers)).toEqual(await treeAt(join(images, 'rootfs')))
          // What umoci refuses (a hard link to nothing, entries below a file) has no other opinion.
          if (unpacked.status !== 0) continue
          compared++
          expect(withoutTimes(merged)).toEqual(withoutTimes(await treeAt(join(bundle, 'rootfs'))))
        } finally {
          await unmountAll(path)
          for (const folder of [layout, bundle, path, images])
            await rm(folder, { recursive: true, force: true })
        }
      }
      expect(compared).toBeGreaterThan(STACKS / 10)
    })
  },
)

describeWith({ tools: ['python3'], root: true }, 'layers that images of one folder share', () => {
  test('are right in each of them, whatever lies below', async () => {
    await using context = await testContext()
    const path = context.path('mounts')
    const stacks = fc.sample(fc.array(fc.constantFrom(...LAYERS), { minLength: 2, maxLength: 4 }), {
      numRuns: 70,
      seed: 20261130,
    })
    const folders = new Set<string>()
    for (const [index, layers] of stacks.entries()) {
      const input = { kind: 'tar', path: context.path(`${index}.tar`) } as const
      const image = buildImage({ layers, references: ['stack:1'] })
      await writeDockerArchive(image, input.path)
      const images = context.path(`images-${index}`)
      try {
        await convert(context, input, { kind: 'mounts', path, mount: true })
        await convert(context, input, { kind: 'dir', path: images, uniqueNames: false, expand: true })
        const folder = join(path, 'images', image.imageID.slice(7, 19))
        folders.add(folder)
        expect(await treeAt(join(folder, 'merged')), JSON.stringify(layers)).toEqual(
          await treeAt(join(images, 'rootfs')),
        )
      } finally {
        await unmountAll(path)
      }
    }
    // Those that depend on nothing are there once, the others once for each of what lies below them.
    const count = readdirSync(join(path, 'layers')).length
    expect(count).toBeGreaterThan(LAYERS.length)
    expect(count).toBeLessThan(folders.size * 2)
  })
})

const at = (path: string): FileSpec => ({ path: `${path}/`, type: 'directory' })
const LAYERS: readonly (readonly FileSpec[])[] = [
  [at('a'), { path: 'a/x', content: 'x' }, at('a/b'), { path: 'a/b/y', content: 'y' }, at('c')],
  [at('a'), { path: 'a/.wh.x' }],
  [at('a'), { path: 'a/.wh..wh..opq' }, { path: 'a/z', content: 'z' }],
  [{ path: 'a', content: 'a file' }],
  [
    at('a'),
    at('a/b'),
    { path: 'a/b/.wh.y' },
    { path: 'a/b/k' },
    { path: 'a/l', type: 'link', linkname: 'a/b/k' },
  ],
  [{ path: '.wh.a' }, at('a'), { path: 'a/n', content: 'n' }],
  [{ path: '.wh..wh..opq' }, at('c'), { path: 'c/only' }],
  [{ path: 'a', type: 'symlink', linkname: 'c' }],
  [{ path: 'a/x', content: 'by no directory' }],
  [at('c'), { path: 'c/.wh.only' }, { path: 'c/.wh.never' }],
]

/** umoci gives directories that no entry describes the time of day. */
function withoutTimes(tree: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tree).map(([path, stat]) => [path, { ...(stat as object), mtime: undefined }]),
  )
}

function specOf({ path, type, linkname, size, mode, uid }: TarEntry): FileSpec {
  return {
    path: type === 'directory' ? `${path}/` : path,
    type,
    mode,
    uid,
    ...(linkname === undefined ? {} : { linkname }),
    ...(type === 'file' ? { content: 'x'.repeat(size) } : {}),
  }
}

describeWith(
  { tools: ['docker', 'dockerd', 'mmdebstrap', 'podman', 'python3', 'skopeo', 'umoci'], root: true },
  'a real image',
  () => {
    let images: RealImages
    let occystrap: Occystrap
    let expected: Record<string, unknown>
    beforeAll(async () => {
      images = await realImages()
      occystrap = await Occystrap.make()
      const bundle = occystrap.folder.at('umoci')
      await command('umoci', ['unpack', '--image', `${images.layout}:1.0`, bundle])
      expected = await treeAt(join(bundle, 'rootfs'))
    })
    afterAll(async () => {
      if (!occystrap) return
      await unmountAll(occystrap.folder.path)
      await occystrap[Symbol.asyncDispose]()
    })

    test('is mounted as umoci unpacks it, in every attribute, again by its script, and unmounted', async () => {
      const path = occystrap.folder.at("it's mounted: a,b")
      const source = `tar://${images.dockerArchive}`
      await occystrap.run('process', source, `mounts://${path}?mount=true`)
      const folder = imageFolder(path)
      const merged = join(folder, 'merged')
      expect(await treeAt(merged)).toEqual(expected)
      // An image that is mounted may be written again.
      writeFileSync(join(merged, 'mine'), 'mine')
      await occystrap.run('process', source, `mounts://${path}?mount=true`)
      expect(mountsBelow(path)).toEqual([merged])
      await occystrap.run('unmount', path)
      expect(mountsBelow(path)).toEqual([])
      const { status, stderr } = await occystrap.attempt('unmount', path)
      expect([status, stderr]).toEqual([0, expect.stringContaining('nothing is mounted below') as unknown])
      await command('sh', [join(folder, 'mount.sh')], { cwd: '/' })
      const { mine, ...others } = await treeAt(merged)
      expect(mine).toMatchObject({ size: 4 })
      expect(others).toEqual(expected)
      await command('sh', ['umount.sh'], { cwd: folder })
      expect(mountsBelow(path)).toEqual([])
    })

    test('stands beside its layers in an expanded directory as umoci unpacks it', async () => {
      const path = occystrap.folder.at('expanded')
      await occystrap.run('tarfile-to-extracted', '--expand', images.dockerArchive, path)
      expect(await treeAt(join(path, 'rootfs'))).toEqual(expected)
      // A directory that holds the layers already gets the tree all the same; it is an image's own with unique names.
      await occystrap.run(
        'process',
        `tar://${images.dockerArchive}`,
        `dir://${path}?expand=true&unique_names=true`,
      )
      const own = readdirSync(path).filter((name) => /^[0-9a-f]{12}-rootfs$/.test(name))
      expect(own).toHaveLength(1)
      expect(await treeAt(join(path, own[0] as string))).toEqual(expected)
      const [name, tag] = ['registry.test:5000/team/torture', '1.0']
      expect(await occystrap.run('info', '--json', `dir://${path}?image=${name}&tag=${tag}`)).toContain(
        'imageID',
      )
    })

    describe('as an ordinary user', () => {
      let home: string
      beforeAll(async () => {
        home = occystrap.folder.at('user')
        await chmod(occystrap.folder.path, 0o755)
        await mkdir(home)
        await copyFile(images.dockerArchive, join(home, 'image.tar'))
        await chmod(join(home, 'image.tar'), 0o644)
        await chown(home, USER, USER)
        await asUser(home, process.execPath, CLI, 'process', 'tar://image.tar', 'mounts://mounts')
        await asUser(home, process.execPath, CLI, 'process', 'tar://image.tar', 'dir://images?expand=true')
      })

      test('is mounted by its script in a namespace', async () => {
        const folder = imageFolder(join(home, 'mounts'))
        const script = `sh ${folder}/mount.sh >&2 && ${TREE} ${folder}/merged && sh ${folder}/umount.sh`
        const own = await asUser(
          home,
          'unshare',
          '--user',
          '--map-root-user',
          'sh',
          '-c',
          `${TREE} images/rootfs`,
        )
        const merged = await asUser(
          home,
          'unshare',
          '--user',
          '--map-root-user',
          '--mount',
          'sh',
          '-c',
          script,
        )
        expect(linesOfTree(merged)).toEqual(linesOfTree(own))
        expect(linesOfTree(merged).length).toBeGreaterThan(3000)
      })

      test.skipIf(!existsSync('/usr/bin/fuse-overlayfs'))(
        'is mounted by its script with fuse-overlayfs',
        async () => {
          // Without files that their owner may not read, which outside a namespace nobody could compare.
          await writeDockerArchive(plainImage(), join(home, 'plain.tar'))
          for (const destination of ['mounts://plain', 'dir://plain-images?expand=true'])
            await asUser(home, process.execPath, CLI, 'process', 'tar://plain.tar', destination)
          const folder = imageFolder(join(home, 'plain'))
          await asUser(home, 'sh', `${folder}/mount.sh`)
          expect(mountsBelow(home)).toEqual([join(folder, 'merged')])
          const merged = await asUser(home, 'sh', '-c', `${TREE} ${folder}/merged`)
          await asUser(home, 'sh', `${folder}/umount.sh`)
          const own = await asUser(home, 'sh', '-c', `${TREE} plain-images/rootfs`)
          expect(linesOfTree(merged)).toEqual(linesOfTree(own))
          expect(mountsBelow(home)).toEqual([])
        },
      )

      test('is not mounted by the program, which says what to do', async () => {
        const { status, stderr } = await runAsUser(
          home,
          process.execPath,
          CLI,
          'process',
          'tar://image.tar',
          'mounts://other?mount=true',
        )
        expect(status).toBe(1)
        expect(stderr).toContain('mount.sh')
        expect(readdirSync(home)).not.toContain('other')
      })

      test('may have a root that nobody may write to', async () => {
        const image = buildImage({
          layers: [
            [
              { path: './', type: 'directory', mode: 0o555 },
              { path: 'a', content: 'a' },
            ],
          ],
          references: ['closed:1'],
        })
        await writeDockerArchive(image, join(home, 'closed.tar'))
        // Into folders that are there: each piece is moved by itself.
        await asUser(home, process.execPath, CLI, 'process', 'tar://closed.tar', 'mounts://mounts')
        await asUser(home, process.execPath, CLI, 'process', 'tar://closed.tar', 'dir://images?expand=true')
        const layer = join(home, 'mounts/layers', image.layers[0]!.diffID.slice(7))
        expect(statSync(layer).mode & 0o777).toBe(0o555)
        expect(statSync(join(home, 'images/rootfs')).mode & 0o777).toBe(0o555)
      })
    })

    test('leaves nothing that the next run does not clear when it is killed at any moment', async () => {
      const parent = occystrap.folder.at('killed')
      mkdirSync(parent)
      const path = join(parent, 'mounts')
      for (const milliseconds of [150, 300, 450, 600, 900]) {
        const child = spawn(
          process.execPath,
          [CLI, 'process', `tar://${images.dockerArchive}`, `mounts://${path}`],
          { env: { ...process.env, ...occystrap.environment }, stdio: 'ignore' },
        )
        const closed = once(child, 'close')
        await sleep(milliseconds)
        child.kill('SIGKILL')
        await closed
        expect(mountsBelow(parent)).toEqual([])
        if (existsSync(path)) {
          expect(readdirSync(path)).toContain('images')
          await rm(path, { recursive: true })
        } else expect(readdirSync(parent).every((name) => name.startsWith('.occystrap-'))).toBe(true)
      }
      await occystrap.run('process', `tar://${images.dockerArchive}`, `mounts://${path}?mount=true`)
      expect(await treeAt(join(imageFolder(path), 'merged'))).toEqual(expected)
      expect(readdirSync(parent)).toEqual(['mounts'])
      await occystrap.run('unmount', path)
    })
  },
)

describeWith({ tools: ['umoci', 'python3'], root: true }, 'images of many layers', () => {
  let occystrap: Occystrap
  beforeAll(async () => {
    occystrap = await Occystrap.make()
  })
  afterAll(async () => {
    if (!occystrap) return
    await unmountAll(occystrap.folder.path)
    await occystrap[Symbol.asyncDispose]()
  })

  test.each([60, 128, 520])('%i of them are mounted as one', async (count) => {
    const tarfile = occystrap.folder.at(`${count}.tar`)
    const path = occystrap.folder.at(`mounts-${count}`)
    await writeDockerArchive(manyLayers(count), tarfile)
    await occystrap.run('process', `tar://${tarfile}`, `mounts://${path}?mount=true`)
    await occystrap.run('tarfile-to-extracted', '--expand', tarfile, `${path}-dir`)
    const merged = await treeAt(join(imageFolder(path), 'merged'))
    expect(merged).toEqual(await treeAt(join(`${path}-dir`, 'rootfs')))
    expect(Object.keys(merged).filter((name) => name.startsWith('files/'))).toHaveLength(Math.ceil(count / 2))
    await occystrap.run('unmount', path)
    expect(mountsBelow(path)).toEqual([])
    await command('sh', [join(imageFolder(path), 'mount.sh')])
    expect(await treeAt(join(imageFolder(path), 'merged'))).toEqual(merged)
    await command('sh', [join(imageFolder(path), 'umount.sh')])
    expect(mountsBelow(path)).toEqual([])
  })

  test('two of which share some are mounted beside each other', async () => {
    const path = occystrap.folder.at('shared')
    const base = sampleImage()
    const other = buildImage({
      layers: [...base.layers.map(({ tar }) => tar), [{ path: 'etc/added', content: 'later' }]],
      references: ['other:1'],
    })
    for (const [index, image] of [base, other].entries()) {
      const tarfile = occystrap.folder.at(`shared-${index}.tar`)
      await writeDockerArchive(image, tarfile)
      await occystrap.run('process', `tar://${tarfile}`, `mounts://${path}?mount=true`)
    }
    expect(readdirSync(join(path, 'layers'))).toHaveLength(3)
    expect(mountsBelow(path)).toHaveLength(2)
    const merged = mountsBelow(path).find((target) => target.includes(other.imageID.slice(7, 19))) as string
    expect(readdirSync(join(merged, 'etc')).toSorted()).toEqual(['added', 'motd'])
    await occystrap.run('unmount', path)
    expect(mountsBelow(path)).toEqual([])
  })
})

const TREE = `python3 ${join(import.meta.dirname, '../support/tree-on-disk.py')}`

/** Without inodes, which are each mount's own. */
function linesOfTree(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/"inode": \d+/, ''))
    .toSorted()
}

function runAsUser(home: string, ...args: readonly string[]) {
  const ids = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups']
  return tryCommand('setpriv', [...ids, ...args], {
    cwd: home,
    env: { HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home },
  })
}

async function asUser(home: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runAsUser(home, ...args)
  if (status !== 0) throw new Error(`${args.join(' ')}: ended with ${status}\n${stderr}`)
  return stdout.toString()
}

/** Something deleted, replaced, hidden, linked, and in place of something else. */
function plainImage() {
  const directory = (path: string): FileSpec => ({ path: `${path}/`, type: 'directory' })
  return buildImage({
    references: ['plain:1'],
    layers: [
      [
        ...['a', 'a/below', 'b', 'c'].map(directory),
        ...['a/old', 'a/below/old', 'b/kept', 'b/gone', 'c/old', 'swap'].map((path) => ({
          path,
          content: path,
        })),
        { path: 'to-b', type: 'symlink', linkname: 'b' },
      ],
      [
        directory('a'),
        { path: 'a/.wh..wh..opq' },
        { path: 'a/new', content: 'new' },
        { path: 'b/.wh.gone' },
        { path: '.wh.c' },
        directory('c'),
        directory('swap'),
        { path: 'swap/in', content: 'in' },
        { path: 'to-b/through', content: 'through' },
        { path: 'link', type: 'link', linkname: 'b/kept' },
      ],
      [{ path: 'a/.wh.new' }, directory('c'), { path: 'c/again', content: 'again' }],
    ],
  })
}

/** Each layer adds a file, and every second one deletes that of the layer before it; all in a directory of one time. */
function manyLayers(count: number) {
  const layers = Array.from({ length: count }, (_, index): FileSpec[] => [
    { path: 'files/', type: 'directory' },
    { path: `files/${index}`, content: `${index}` },
    ...(index % 2 === 1 ? [{ path: `files/.wh.${index - 1}` }] : []),
  ])
  return buildImage({ layers, references: ['many:1'] })
}
