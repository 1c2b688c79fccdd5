import * as fc from 'fast-check'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { cp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { mountedBelow } from '../../main/outputs/mounts/mounted-below.ts'
import { command, tryCommand } from '../support/command.ts'
import { testContext } from '../support/context.ts'
import { convert } from '../support/conversion.ts'
import { buildImage, writeDockerArchive, writeLayout, type FileSpec } from '../support/image-builder.ts'
import { layerStack } from '../support/layer-arbitrary.ts'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap } from '../support/occystrap.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { testTask } from '../support/task.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { treeAt } from '../support/tree-at.ts'

const STACKS = 60
/** An ordinary user's ids. */
const USER = 23_457

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
