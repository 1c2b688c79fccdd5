import * as fc from 'fast-check'
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flatten } from '../../main/image/flatten.ts'
import type { TarEntry } from '../../main/image/element.ts'
import { tryCommand } from '../support/command.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { bundleAt, convert } from '../support/conversion.ts'
import { tableOf } from '../support/entries.ts'
import { buildImage, writeLayout, type FileSpec } from '../support/image-builder.ts'
import { layerStack } from '../support/layer-arbitrary.ts'
import { describeWith } from '../support/needs.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const STACKS = 150

describeWith({ tools: ['umoci'], root: true }, 'layers of every kind, one over the other', () => {
  test('give the tree that umoci unpacks, and a bundle of it on disk', async () => {
    await using folder = await TemporaryFolder.make()
    await using context = await testContext()
    const stacks = fc
      .sample(layerStack, { numRuns: STACKS, seed: 20261123 })
      .filter((layers) => layers.length > 0)
    let compared = 0
    for (const layers of stacks) {
      const unpacked = await unpack(layers, folder.path)
      // What umoci refuses (a hard link to nothing, entries below a file) is shown all the same, with a note.
      if (unpacked) expect(ours(layers), JSON.stringify(layers)).toEqual(unpacked)
      if (!unpacked) continue
      expect(await bundled(layers, context), JSON.stringify(layers)).toEqual(unpacked)
      compared++
    }
    expect(compared).toBeGreaterThan(STACKS / 5)
  })
})

/** Lines of type, owner, size and number of links; undefined where umoci refuses the image. */
async function unpack(
  layers: readonly (readonly TarEntry[])[],
  folder: string,
): Promise<string[] | undefined> {
  const layout = join(folder, 'layout')
  const bundle = join(folder, 'bundle')
  await writeLayout(
    layout,
    buildImage({ references: ['stack:1'], layers: layers.map((layer) => layer.map(specOf)) }),
  )
  try {
    const result = await tryCommand('umoci', ['unpack', '--image', `${layout}:1`, bundle])
    return result.status === 0 ? linesBelow(join(bundle, 'rootfs')).sort() : undefined
  } finally {
    await rm(layout, { recursive: true, force: true })
    await rm(bundle, { recursive: true, force: true })
  }
}

/** The same lines of a bundle of ours. */
async function bundled(layers: readonly (readonly TarEntry[])[], context: TestContext): Promise<string[]> {
  const layout = context.path('layout')
  const bundle = context.path('bundle')
  await writeLayout(
    layout,
    buildImage({ references: ['stack:1'], layers: layers.map((layer) => layer.map(specOf)) }),
  )
  try {
    await convert(context, { kind: 'layout', path: layout }, bundleAt(bundle))
    return linesBelow(join(bundle, 'rootfs')).sort()
  } finally {
    await rm(layout, { recursive: true, force: true })
    await rm(bundle, { recursive: true, force: true })
  }
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

function linesBelow(root: string): string[] {
  const lines: string[] = []
  // By hand: readdir's own recursion follows links.
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of readdirSync(join(root, folder))) {
      const path = join(folder, name)
      const found = lstatSync(join(root, path))
      if (found.isDirectory()) folders.push(path)
      if (found.isSymbolicLink()) lines.push(`${path} -> ${readlinkSync(join(root, path))}`)
      else
        lines.push(found.isDirectory() ? `${path}/ ${found.uid}` : `${path} ${found.size} of ${found.nlink}`)
    }
  }
  return lines
}

function ours(layers: readonly (readonly TarEntry[])[]): string[] {
  const tree = flatten(layers.map((layer) => tableOf(layer)))
  const links = new Map<number, number>()
  for (const [, version] of tree.walk()) {
    const { inode } = tree.stat(version)
    links.set(inode, (links.get(inode) ?? 0) + 1)
  }
  const lines: string[] = []
  for (const [node, version] of tree.walk()) {
    const path = tree.nodes.path(node)
    const { type, uid, size, linkname, inode } = tree.stat(version)
    if (type === 'symlink') lines.push(`${path} -> ${linkname}`)
    else if (type === 'directory') lines.push(`${path}/ ${uid}`)
    else lines.push(`${path} ${size} of ${links.get(inode)}`)
  }
  return lines.sort()
}
