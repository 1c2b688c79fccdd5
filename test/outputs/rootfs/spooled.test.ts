import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readdir } from 'node:fs/promises'
import { bundleAt, convert } from '../../support/conversion.ts'
import { testContext, type TestContext } from '../../support/context.ts'
import { buildImage, writeDockerArchive, type FileSpec } from '../../support/image-builder.ts'
import { treeAt } from '../../support/tree-at.ts'

const LARGE = 100_000
const large = (path: string, seed: number, fields: Partial<FileSpec> = {}): FileSpec => ({
  path,
  content: Buffer.alloc(LARGE, `${seed}-`),
  ...fields,
})
const small = (path: string, content: string): FileSpec => ({ path, content })

let plain: TestContext
let compressed: TestContext
beforeEach(async () => {
  plain = await testContext()
  compressed = await testContext()
})
afterEach(async () => {
  await plain[Symbol.asyncDispose]()
  await compressed[Symbol.asyncDispose]()
})

const BASE = [
  large('usr/bin/tool', 1, { mode: 0o4755, mtime: 1_600_000_000 }),
  { path: 'usr/bin/other-name', type: 'link', linkname: 'usr/bin/tool' },
  small('etc/motd', 'hello'),
  large('etc/hidden', 2),
  large('var/replaced', 3),
  { path: 'lib', type: 'symlink', linkname: 'usr/lib' },
  { path: 'usr/lib/', type: 'directory' },
  large('with-xattr', 4, { xattrs: { 'user.note': 'kept' } }),
  { path: 'zeros', content: Buffer.alloc(3 * 1024 * 1024) },
] satisfies FileSpec[]

/** Layers whose content lies apart while it is written must give the tree that they give when they are read in place. */
describe('a root filesystem of layers that are inflated once', () => {
  it.each<[string, FileSpec[][]]>([
    ['one layer', [BASE]],
    [
      'layers that hide, replace and link',
      [
        BASE,
        [
          { path: 'etc/.wh.hidden' },
          large('var/replaced', 5),
          large('lib/through-a-link', 6),
          { path: 'usr/bin/third-name', type: 'link', linkname: 'usr/bin/tool' },
        ],
        [small('var/replaced', 'small now'), { path: 'usr/bin/.wh.tool' }],
      ],
    ],
    ['a layer that comes twice', [BASE, [large('var/replaced', 7)], BASE]],
    [
      'the same path twice in a layer',
      [[large('a', 1), large('a', 2), large('b/c', 3), small('b', 'no folder')]],
    ],
  ])('is the same: %s', async (_, layers) => {
    const image = buildImage({ layers, references: ['spooled:1'] })
    for (const [context, flavour] of [
      [plain, 'docker-24'],
      [compressed, 'docker-25-gzip'],
    ] as const) {
      await writeDockerArchive(image, context.path('image.tar'), { flavour })
      await convert(context, { kind: 'tar', path: context.path('image.tar') }, bundleAt(context.path('out')))
    }
    expect(await treeAt(compressed.path('out/rootfs'))).toEqual(await treeAt(plain.path('out/rootfs')))
    expect((await readdir(compressed.path('.'))).filter((name) => name.startsWith('.occystrap'))).toEqual([])
  })
})
