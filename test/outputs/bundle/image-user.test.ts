import { describe, expect, test } from 'vitest'
import { imageUser, type ImageUser } from '../../../main/outputs/bundle/image-user.ts'

const PASSWD = `root:x:0:0:root:/root:/bin/sh
# a comment
broken
nouid:x:abc:5::/home/nouid:/bin/sh
app:x:1000:1001:App,,,:/home/app:/bin/sh
app:x:2000:2001::/home/second:/bin/sh
123:x:3000:3001::/home/digits:/bin/sh
bare:x:4000:4001
huge:x:4294967296:0::/:/bin/sh
`
const GROUP = `root:x:0:
# a comment
wheel:x:10:root,app
audio:x:29:app
audio2:x:29:app
app:x:1001:
apple:x:1002:apple
nogid:x:abc:app
huge:x:2147483648:
`
const FILES: Readonly<Record<string, string>> = { 'etc/passwd': PASSWD, 'etc/group': GROUP }

const read = async (path: string) => FILES[path]
const nothing = async () => undefined

function user(uid: number, gid: number, additionalGids: number[] = [], home = '/'): ImageUser {
  return { uid, gid, additionalGids, home }
}

describe('imageUser', () => {
  test.each([
    ['', user(0, 0, [10], '/root')],
    ['root', user(0, 0, [10], '/root')],
    ['0', user(0, 0, [10], '/root')],
    ['app', user(1000, 1001, [10, 29], '/home/app')],
    ['1000', user(1000, 1001, [10, 29], '/home/app')],
    ['+1000', user(1000, 1001, [10, 29], '/home/app')],
    ['app:wheel', user(1000, 10, [], '/home/app')],
    ['app:10', user(1000, 10, [], '/home/app')],
    ['app:7777', user(1000, 7777, [], '/home/app')],
    ['app:', user(1000, 1001, [10, 29], '/home/app')],
    [':wheel', user(0, 10, [], '/root')],
    ['1000:app', user(1000, 1001, [], '/home/app')],
    ['5:6', user(5, 6)],
    ['5:wheel', user(5, 10)],
    ['5:6:7', user(5, 6)],
    ['bare', user(4000, 4001)],
    // A number without an entry, and one that is a name as well.
    ['5', user(5, 0)],
    ['123', user(123, 0)],
    ['-0', user(0, 0, [10], '/root')],
    ['2147483647:2147483647', user(2_147_483_647, 2_147_483_647)],
  ])('%j', async (text, expected) => {
    expect(await imageUser(text, read)).toStrictEqual(expected)
  })

  test.each([
    ['', user(0, 0)],
    ['5', user(5, 0)],
    ['5:6', user(5, 6)],
  ])('%j of an image without passwd', async (text, expected) => {
    expect(await imageUser(text, nothing)).toStrictEqual(expected)
  })

  test.each([
    '2147483648',
    '4294967296',
    '99999999999999999999999',
    '-1',
    '1000:2147483648',
    '1000:-1',
    'huge',
    'app:huge',
  ])('%j has an id out of range', async (text) => {
    await expect(imageUser(text, read)).rejects.toMatchObject({ name: 'ImageError', code: 'malformed' })
  })

  test.each(['nobody', 'nouid', 'app:nobody', '0:nogid', 'App', 'root '])('%j is not there', async (text) => {
    const error = imageUser(text, read)
    await expect(error).rejects.toMatchObject({ name: 'ImageError', code: 'not-found' })
    await expect(error).rejects.toHaveProperty('remedy', expect.stringContaining('USER'))
  })

  test('shows no control characters of a name', async () => {
    await expect(imageUser('\u001b[31mx', nothing)).rejects.toThrow('“\\x1b[31mx”')
  })

  test('a group’s member is the user’s first name for the uid', async () => {
    const files: Record<string, string> = {
      'etc/passwd': 'a:x:5:5::/a:\nb:x:5:6::/b:\n',
      'etc/group': 'g:x:7:b\nh:x:8:a\n',
    }
    expect(await imageUser('5', async (path) => files[path])).toStrictEqual(user(5, 5, [8], '/a'))
  })

  test('a home that no environment can hold is the root', async () => {
    expect(await imageUser('0', async () => 'root:x:0:0::/a\0b:/bin/sh')).toStrictEqual(user(0, 0))
  })
})
