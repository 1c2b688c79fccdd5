import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { libc, type Libc } from '../../main/platform/libc.ts'
import { systemError } from '../../main/platform/system-error.ts'

const isRoot = process.getuid?.() === 0
const { S_IFBLK, S_IFCHR, S_IFIFO } = { S_IFBLK: 0o060000, S_IFCHR: 0o020000, S_IFIFO: 0o010000 }

let folder: string
let c: Libc

function file(name: string): Buffer {
  const path = join(folder, name)
  writeFileSync(path, '')
  return Buffer.from(path)
}

describe.skipIf(process.platform !== 'linux')('the C library', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'occystrap-libc-'))
    c = libc()!
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is there, and made ready once', () => {
    expect(c).toBeDefined()
    expect(libc()).toBe(c)
  })

  test('sets, reads and lists attributes of any bytes, also none', () => {
    const path = file('xattrs')
    const fd = openSync(path, 'r')
    c.setXattr(path, 'user.one', Uint8Array.of(0, 255, 0))
    c.setXattr(path, 'user.empty', new Uint8Array())
    c.setXattr(path, 'user.ü', new Uint8Array(3000).fill(7))
    c.setXattrOf(fd, 'user.fd', Buffer.from('x'))
    closeSync(fd)
    expect(c.getXattr(path, 'user.one')).toEqual(Buffer.of(0, 255, 0))
    expect(c.getXattr(path, 'user.empty')).toEqual(Buffer.alloc(0))
    expect(c.getXattr(path, 'user.ü')).toEqual(Buffer.alloc(3000, 7))
    expect(c.getXattr(path, 'user.none')).toBeUndefined()
    expect(c.listXattrs(path).sort()).toEqual(['user.empty', 'user.fd', 'user.one', 'user.ü'])
  })

  test('takes views of a larger buffer as they are', () => {
    const path = file('view')
    c.setXattr(path, 'user.v', Buffer.from('abcdef').subarray(2, 4))
    expect(c.getXattr(path, 'user.v')!.toString()).toBe('cd')
    c.setTimes(Buffer.from(`x${path.toString()}y`).subarray(1, -1), 5, 0)
    expect(lstatSync(path).mtimeMs).toBe(5000)
  })

  test.skipIf(!isRoot)('does not follow a link', () => {
    const target = file('target')
    const link = join(folder, 'link')
    symlinkSync('target', link)
    c.setXattr(Buffer.from(link), 'trusted.x', Buffer.from('1'))
    expect(c.listXattrs(target)).toEqual([])
    expect(c.listXattrs(Buffer.from(link))).toEqual(['trusted.x'])
  })

  test.each([
    [0, 0],
    [1_700_000_000, 123_456_789],
    [-1, 999_999_999],
    [-86_400, 0],
    [2 ** 33, 1],
  ])('sets times: %i s and %i ns', (seconds, nanoseconds) => {
    const path = file('times')
    const expected = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
    c.setTimes(path, seconds, nanoseconds)
    const stat = lstatSync(path, { bigint: true })
    expect([stat.mtimeNs, stat.atimeNs]).toEqual([expected, expected])
    const other = openSync(file('times-fd'), 'r')
    c.setTimesOf(other, seconds, nanoseconds)
    closeSync(other)
    expect(statSync(join(folder, 'times-fd'), { bigint: true }).mtimeNs).toBe(expected)
  })

  test('sets the times of a link, not of its target', () => {
    const target = file('untouched')
    const before = lstatSync(target).mtimeMs
    const link = Buffer.from(join(folder, 'dated'))
    symlinkSync('untouched', link)
    c.setTimes(link, 77, 0)
    expect(lstatSync(link).mtimeMs).toBe(77_000)
    expect(lstatSync(target).mtimeMs).toBe(before)
  })

  test('refuses nanoseconds that utimensat takes for “now” or “leave it”', () => {
    const path = file('special')
    for (const nanoseconds of [2 ** 30 - 1, 2 ** 30 - 2, 1e9, -1, Number.NaN])
      expect(() => c.setTimes(path, 0, nanoseconds)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
  })

  test('makes a fifo, under a name that is not UTF-8', () => {
    const path = Buffer.concat([Buffer.from(join(folder, 'fifo-')), Buffer.of(0xff, 0xfe)])
    c.makeNode(path, S_IFIFO | 0o600, 0, 0)
    expect(lstatSync(path).isFIFO()).toBe(true)
    const names = readdirSync(folder, { encoding: 'buffer' })
    expect(names.some((name) => name.includes(Buffer.of(0x2d, 0xff, 0xfe)))).toBe(true)
  })

  test.skipIf(!isRoot).each([
    ['char', S_IFCHR, 1, 3],
    ['block', S_IFBLK, 259, 70_000],
    ['large', S_IFCHR, 4095, 1_048_575],
  ])('makes a device: %s', (name, type, major, minor) => {
    const path = join(folder, `device-${name}`)
    c.makeNode(Buffer.from(path), type | 0o640, major, minor)
    const numbers = execFileSync('stat', ['-c', '%t:%T', path], { encoding: 'utf8' }).trim()
    expect(numbers).toBe(`${major.toString(16)}:${minor.toString(16)}`)
    expect(lstatSync(path).isBlockDevice()).toBe(type === S_IFBLK)
  })

  test.skipIf(!isRoot)('refuses device numbers that the kernel has not', () => {
    expect(() => c.makeNode(Buffer.from(join(folder, 'no')), S_IFCHR | 0o600, 4096, 0)).toThrow('EINVAL')
  })

  test.skipIf(!isRoot)('mounts and unmounts', () => {
    const place = Buffer.from(join(folder, 'mounted'))
    mkdirSync(place)
    const device = lstatSync(place).dev
    try {
      c.mount(Buffer.from('tmpfs'), place, 'tmpfs', 0, 'size=64k,mode=700')
    } catch (error) {
      // A container may not, for all that it is root.
      expect(error).toMatchObject({ code: 'EPERM', syscall: 'mount' })
      return
    }
    expect(lstatSync(place).dev).not.toBe(device)
    c.unmount(place, 0)
    expect(lstatSync(place).dev).toBe(device)
  })

  test('syncs a file system', () => {
    const fd = openSync(file('synced'), 'r+')
    fsyncSync(fd)
    c.syncFileSystem(fd)
    closeSync(fd)
    expect(() => c.syncFileSystem(-1)).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'syncfs', errno: -constants.errno.EBADF }),
    )
  })

  test('fails as Node’s functions do', () => {
    const path = join(folder, 'none')
    const theirs = errorOf(() => lstatSync(path))
    const ours = errorOf(() => c.setTimes(Buffer.from(path), 0, 0))
    expect(ours).toMatchObject({ code: 'ENOENT', errno: theirs.errno, path, syscall: 'utimensat' })
    expect(ours.message).toBe(theirs.message.replace('lstat', 'utimensat'))
    expect(errorOf(() => c.listXattrs(Buffer.from(path))).code).toBe('ENOENT')
    expect(errorOf(() => c.getXattr(Buffer.from(path), 'user.x')).code).toBe('ENOENT')
    expect(errorOf(() => c.unmount(Buffer.from(path), 0)).code).toMatch(/ENOENT|EPERM/)
    expect(errorOf(() => c.setXattr(file('ns'), 'nospace', Buffer.of(1))).code).toBe('ENOTSUP')
  })

  test('refuses a NUL, which would end the name early', () => {
    const path = file('nul')
    const calls = [
      () => c.setXattr(Buffer.from(`${path.toString()}\0x`), 'user.x', Buffer.of(1)),
      () => c.setXattr(path, 'user.x\0y', Buffer.of(1)),
      () => c.setTimes(Buffer.from('\0'), 0, 0),
      () => c.makeNode(Buffer.from(`${path.toString()}2\0`), S_IFIFO, 0, 0),
      () => c.mount(path, path, 'tmpfs\0', 0, ''),
      () => c.unmount(Buffer.from('/\0'), 0),
    ]
    for (const call of calls) expect(errorOf(call).code).toBe('EINVAL')
    expect(c.listXattrs(path)).toEqual([])
  })

  test('is cheap: 100,000 calls in well under the time of a person’s patience', () => {
    const path = file('often')
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) c.setTimes(path, i, i)
    // About 250 ms alone on a slow core; the bound leaves room for neighbours.
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('works in a thread', async () => {
    const path = file('thread')
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(workerData.module).then(({ libc }) => {
        const c = libc()
        c.setTimes(workerData.path, 9, 0)
        let code
        try { c.setTimes(Buffer.from('/none/at/all'), 0, 0) } catch (error) { code = error.code }
        parentPort.postMessage(code)
      })`
    const module = new URL('../../main/platform/libc.ts', import.meta.url).href
    const codes = await Promise.all(
      [1, 2].map(async () => {
        const worker = new Worker(code, { eval: true, workerData: { module, path } })
        const answer = await new Promise((resolve, reject) =>
          worker.on('message', resolve).on('error', reject),
        )
        await worker.terminate()
        return answer
      }),
    )
    expect(codes).toEqual(['ENOENT', 'ENOENT'])
    expect(lstatSync(path).mtimeMs).toBe(9000)
  })
})

describe('systemError', () => {
  test.each([
    [constants.errno.EPERM, 'EPERM', 'EPERM: operation not permitted, mknod'],
    [constants.errno.ENOTSUP, 'ENOTSUP', 'ENOTSUP: operation not supported, mknod'],
    [constants.errno.ENODATA, 'ENODATA', 'ENODATA: no data available, mknod'],
    [9999, 'E9999', 'E9999: error 9999, mknod'],
  ])('%i is %s', (errno, code, message) => {
    expect(systemError(errno, 'mknod')).toMatchObject({ code, message, errno: -errno, syscall: 'mknod' })
  })
})

function errorOf(call: () => unknown): NodeJS.ErrnoException {
  try {
    call()
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
  throw new Error('It did not fail.')
}
