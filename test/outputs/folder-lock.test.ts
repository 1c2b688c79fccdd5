import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ownerMark, ownerState } from '../../main/image/process-owner.ts'
import { FolderLock } from '../../main/outputs/folder-lock.ts'
import { reportOf } from '../../shared/errors.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const { signal } = new AbortController()

it('an owner is alive while its process is, and dead when the id is another process', () => {
  const mark = ownerMark()
  const [host, pid] = mark.split('-')
  expect(ownerState(mark)).toBe('alive')
  expect(ownerState(`${host}-${pid}-1`)).toBe('dead')
  expect(ownerState(`${host}-4194305-1`)).toBe('dead')
  expect(ownerState(`00000000-${pid}-1`)).toBe('unknown')
})

it('a lock is held by one at a time and gone afterwards', async () => {
  await using folder = await TemporaryFolder.make()
  let holders = 0
  const work = async (): Promise<void> => {
    await using lock = await FolderLock.acquire(folder.path, signal)
    expect(++holders).toBe(1)
    expect(await lock.isHeld()).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 5))
    holders--
  }
  await Promise.all([work(), work(), work(), work()])
  expect(existsSync(folder.at('.occystrap.lock'))).toBe(false)
})

it('a lock held elsewhere is waited for, then said to be busy', async () => {
  await using folder = await TemporaryFolder.make()
  writeFileSync(folder.at('.occystrap.lock'), '00000000-1-1-0123456789abcdef')
  const error = await FolderLock.acquire(folder.path, signal, 60).catch(reportOf)
  expect(error).toMatchObject({ code: 'busy' })
  expect(existsSync(folder.at('.occystrap.lock'))).toBe(true)
})

it('a lock that was never written is taken over once it is old', async () => {
  await using folder = await TemporaryFolder.make()
  const path = folder.at('.occystrap.lock')
  writeFileSync(path, '')
  const fresh = await FolderLock.acquire(folder.path, signal, 60).catch(reportOf)
  expect(fresh).toMatchObject({ code: 'busy' })
  utimesSync(path, new Date(0), new Date(0))
  await using lock = await FolderLock.acquire(folder.path, signal, 60)
  expect(await lock.isHeld()).toBe(true)
})

it('waiting ends when it is cancelled', async () => {
  await using folder = await TemporaryFolder.make()
  await using _ = await FolderLock.acquire(folder.path, signal)
  const cancel = new AbortController()
  const waiting = FolderLock.acquire(folder.path, cancel.signal).catch(reportOf)
  cancel.abort()
  expect(await waiting).toMatchObject({ code: 'cancelled' })
})
