import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { command } from '../support/command.ts'
import { measured } from '../support/measured.ts'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap } from '../support/occystrap.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { Tmpfs } from '../support/tmpfs.ts'

/** What a command may hold, whatever the image; bytes. */
const MOST_MEMORY = 200 * 1024 ** 2

describeWith({ tools: ['python3'], root: true }, 'an image made to harm', () => {
  let folder: TemporaryFolder
  let occystrap: Occystrap

  beforeAll(async () => {
    folder = await TemporaryFolder.make()
    occystrap = await Occystrap.make()
    await command('python3', [join(import.meta.dirname, '../support/hostile-images.py'), folder.path])
  })

  afterAll(async () => {
    await occystrap?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  /** Done or refused with a sentence; never more memory than that. */
  async function expectBounded(...args: string[]): Promise<void> {
    const { peak } = await measured(process.execPath, [CLI, ...args], occystrap.environment, [0, 1, 3])
    expect.soft(peak, args.join(' ')).toBeLessThan(MOST_MEMORY)
  }

  test.each(['zeros', 'pax', 'many', 'deep'])('is read in bounded memory: %s', async (name) => {
    const source = folder.at(`${name}.tar`)
    await expectBounded('info', source, '--json')
    await expectBounded('search', source, '*d')
    await expectBounded('ls', source, '--json')
  })

  test('of 3 GB in a small file is listed with its true size, and copied as it is', async () => {
    expect((await stat(folder.at('zeros.tar'))).size).toBeLessThan(20e6)
    const [listed] = await occystrap.lines<{ path: string; size: number }>(
      'ls',
      '--json',
      folder.at('zeros.tar'),
    )
    expect(listed).toMatchObject({ path: 'zeros', size: 3 * 1024 ** 3 })
  })

  test('of 3 GB in a small file stops at the end of the disk, and leaves nothing there', async () => {
    await using disk = await Tmpfs.mount(64 * 1024 ** 2)
    const { status, stderr } = await occystrap.attempt(
      'process',
      folder.at('zeros.tar'),
      `tar://${disk.path}/out.tar`,
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(/room|space|full/)
    expect(await readdir(disk.path)).toEqual([])
  })

  test('of 1,500 nested folders is listed to its end', async () => {
    const listing = await occystrap.run('ls', '--json', folder.at('deep.tar'))
    expect(listing.trim().split('\n')).toHaveLength(1500)
  })

  test('of 100,000 files in one folder is listed to its end', async () => {
    const listing = await occystrap.run('ls', '--json', folder.at('many.tar'))
    expect(listing.trim().split('\n')).toHaveLength(100_001)
  })
})
