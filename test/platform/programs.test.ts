import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { firstInstalled, isOnPath } from '../../main/platform/programs.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

test('a program is a file that may be run, in an absolute folder of the path', async () => {
  await using folder = await TemporaryFolder.make()
  for (const name of ['runs', 'does-not']) writeFileSync(folder.at(name), '#!/bin/sh\n')
  chmodSync(folder.at('runs'), 0o755)
  chmodSync(folder.at('does-not'), 0o644)
  mkdirSync(folder.at('folder'))
  expect(isOnPath('runs', `/nowhere:${folder.path}`)).toBe(true)
  for (const name of ['does-not', 'folder', 'missing']) expect(isOnPath(name, folder.path)).toBe(false)
  expect(isOnPath('sh', 'bin:./bin:')).toBe(false)
})

test('the first that is there is taken', async () => {
  await using folder = await TemporaryFolder.make()
  for (const name of ['occystrap-b', 'occystrap-c']) writeFileSync(folder.at(name), '', { mode: 0o755 })
  vi.stubEnv('PATH', folder.path)
  expect(firstInstalled(['occystrap-a', 'occystrap-b', 'occystrap-c'])).toBe('occystrap-b')
  expect(firstInstalled(['occystrap-a'])).toBeUndefined()
  vi.unstubAllEnvs()
})
