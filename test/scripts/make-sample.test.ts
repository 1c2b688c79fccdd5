import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { sampleArchive } from '../../scripts/make-sample.ts'
import { sampleLayers } from '../../scripts/sample-layers.ts'
import { sampleProgram } from '../../scripts/sample-program.ts'
import { testTask } from '../support/task.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

test('the sample is the same bytes every time', () => {
  expect(sampleArchive().equals(sampleArchive())).toBe(true)
})

test('it has three layers, of which later ones replace and delete files of earlier ones', async () => {
  await using folder = await TemporaryFolder.make()
  await writeFile(folder.at('sample.tar'), sampleArchive())
  const workspace = openWorkspace({ cacheDir: folder.at('cache'), configDir: folder.at('config') })
  const task = testTask()
  await using image = await OpenedImage.open({ kind: 'tar', path: folder.at('sample.tar') }, workspace, task)
  expect(image.info).toMatchObject({
    reference: 'occystrap.example/sample:1.0',
    platform: { os: 'linux', architecture: 'amd64' },
    config: { Entrypoint: ['/usr/bin/greet'], WorkingDir: '/srv/app' },
    warnings: [],
  })
  expect(image.info.layers).toHaveLength(3)
  const changes = async (path: string): Promise<unknown> =>
    (await image.history(path, task)).map(({ layer, change }) => [layer, change])
  expect(await changes('etc/motd')).toEqual(
    expect.arrayContaining([
      [0, 'added'],
      [1, 'modified'],
    ]),
  )
  expect(await changes('srv/app/config.json')).toEqual(
    expect.arrayContaining([
      [1, 'added'],
      [2, 'modified'],
    ]),
  )
  expect(await changes('root/.netrc')).toEqual(
    expect.arrayContaining([
      [1, 'added'],
      [2, 'deleted'],
    ]),
  )
})

const GREETING = 'Hello from the sample image.\n'

test('its program is one static ELF segment for x86-64, in which the text and the first instruction lie', () => {
  const [base] = sampleLayers
  const program = base?.files.find(({ path }) => path === 'usr/bin/greet')
  expect(program?.mode).toBe(0o755)
  expect(program?.content).toEqual(sampleProgram(GREETING))
  const bytes = program?.content as Buffer
  expect(bytes.length).toBeLessThan(512)
  // Elf64_Ehdr: 64 bits, little-endian; ET_EXEC for EM_X86_64.
  expect(bytes.subarray(0, 7)).toEqual(Buffer.from('\x7fELF\x02\x01\x01', 'latin1'))
  expect([bytes.readUInt16LE(16), bytes.readUInt16LE(18), bytes.readUInt32LE(20)]).toEqual([2, 62, 1])
  expect([bytes.readUInt16LE(52), bytes.readUInt16LE(54), bytes.readUInt16LE(56)]).toEqual([64, 56, 1])
  // Elf64_Phdr: PT_LOAD, readable and executable, from the file's first byte to its last.
  const header = Number(bytes.readBigUInt64LE(32))
  expect(header).toBe(64)
  expect([bytes.readUInt32LE(header), bytes.readUInt32LE(header + 4)]).toEqual([1, 5])
  const [offset, address, , fileSize, memorySize] = Array.from({ length: 5 }, (_, i) =>
    Number(bytes.readBigUInt64LE(header + 8 + 8 * i)),
  )
  expect([offset, fileSize, memorySize]).toEqual([0, bytes.length, bytes.length])
  // The entry is what follows the headers, and what it prints is where it says.
  expect(Number(bytes.readBigUInt64LE(24)) - (address ?? 0)).toBe(64 + 56)
  const text = bytes.readUInt32LE(64 + 56 + 11) - (address ?? 0)
  expect(bytes.toString('utf8', text, text + bytes.readUInt32LE(64 + 56 + 16))).toBe(GREETING)
})

test.runIf(process.platform === 'linux' && process.arch === 'x64')('which runs', async () => {
  await using folder = await TemporaryFolder.make()
  for (const text of [GREETING, 'Grüße\n', '']) {
    const path = folder.at(`greet-${text.length}`)
    await writeFile(path, sampleProgram(text), { mode: 0o755 })
    expect(await promisify(execFile)(path)).toEqual({ stdout: text, stderr: '' })
  }
})
