import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { sampleArchive } from '../../scripts/make-sample.ts'
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
