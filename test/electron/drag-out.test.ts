import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { DragOut } from '../../main/electron/drag-out.ts'
import { pathBytesOf } from '../../shared/path-bytes.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** In pieces, as the reader gives them. */
function fileOf(path: string, bytes: Buffer, size = bytes.length) {
  return {
    path,
    read: async (offset: number, length: number) => ({
      size,
      bytes: bytes.subarray(offset, offset + length),
    }),
  }
}

test('what is dragged out is on disk under its own name when the drag begins, and gone with the session', async () => {
  await using folder = await TemporaryFolder.make()
  const dragged: string[] = []
  const dragOut = new DragOut(folder.path, async (file) => void dragged.push(file))
  const bytes = Buffer.alloc(2_500_000, 'content')
  await dragOut.start(fileOf('etc/ssl/ca.pem', bytes))
  await dragOut.start(fileOf('ca.pem', Buffer.alloc(0)))
  expect(dragged.map((file) => basename(file))).toEqual(['ca.pem', 'ca.pem'])
  expect((await readFile(dragged[0]!)).equals(bytes)).toBe(true)
  expect(await readFile(dragged[1]!)).toHaveLength(0)
  dragOut[Symbol.dispose]()
  expect(await readdir(folder.path)).toEqual([])
})

test('whatever a file is called, it lies in that folder', async () => {
  await using folder = await TemporaryFolder.make()
  const dragged: string[] = []
  using dragOut = new DragOut(folder.path, async (file) => void dragged.push(file))
  for (const path of ['a/..\\..\\x', pathBytesOf('b/\u001b[31m\u202e'), 'c/C:con', ''])
    await dragOut.start(fileOf(path, Buffer.from('x')))
  expect(dragged.map((file) => basename(file))).toEqual(['.._.._x', '_[31m_', 'C_con', 'rootfs'])
  expect(dragged.every((file) => file.startsWith(`${folder.path}/occystrap-drag-`) && existsSync(file))).toBe(
    true,
  )
})

test('a file that would take too long is refused, and no drag begins', async () => {
  await using folder = await TemporaryFolder.make()
  using dragOut = new DragOut(folder.path, () => Promise.reject(new Error('no drag')))
  await expect(dragOut.start(fileOf('big', Buffer.alloc(10), 100_000_000))).rejects.toMatchObject({
    code: 'limit',
  })
  expect(await readdir(folder.path)).toEqual([])
})
