import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { searchQuerySchema } from '../../shared/query.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const sha256 = createHash('sha256').update('Welcome.\n').digest('hex')
const query = searchQuerySchema.parse({ pattern: '', filter: { sha256 } })
const range = { layers: [], offset: 0, limit: 10 }

it.each(['docker-24', 'docker-25-gzip'] as const)(
  'finds a file by its hash in %s, and fails where hashes cannot be kept instead of finding nothing',
  async (flavour) => {
    await using folder = await TemporaryFolder.make()
    await writeDockerArchive(sampleImage(), folder.at('image.tar'), { flavour })
    const folders = { cacheDir: folder.at('cache'), configDir: folder.at('config') }
    await mkdir(folders.cacheDir)
    // In the way of the folder that hashes are kept in.
    await writeFile(folder.at('cache', 'hashes'), '')
    const source = { kind: 'tar', path: folder.at('image.tar') } as const
    await using image = await OpenedImage.open(source, openWorkspace(folders), testTask())
    await expect(image.search(query, range, testTask())).rejects.toMatchObject({ code: 'EEXIST' })

    const others = { ...folders, cacheDir: folder.at('other') }
    await using again = await OpenedImage.open(source, openWorkspace(others), testTask())
    // Entries of compressed layers come with their hashes.
    const { hits } = await again.search(query, range, testTask())
    expect(hits.map(({ path, layerIndex }) => `${layerIndex} ${path}`)).toEqual(['0 etc/motd'])
  },
)
