import { expect, it } from 'vitest'
import { whiteoutOf } from '../../main/image/whiteout.ts'

it.each([
  ['etc/passwd', { kind: 'none' }],
  ['.wh', { kind: 'none' }],
  ['a.wh.b', { kind: 'none' }],
  ['.wh.dir/file', { kind: 'none' }],
  ['.wh.a', { kind: 'whiteout', target: 'a' }],
  ['etc/.wh.passwd', { kind: 'whiteout', target: 'etc/passwd' }],
  ['etc/.wh..hidden', { kind: 'whiteout', target: 'etc/.hidden' }],
  ['etc/.wh..wh', { kind: 'whiteout', target: 'etc/.wh' }],
  ['etc/.wh....', { kind: 'whiteout', target: 'etc/...' }],
  ['.wh..wh..opq', { kind: 'opaque', directory: '' }],
  ['usr/lib/.wh..wh..opq', { kind: 'opaque', directory: 'usr/lib' }],
  ['.wh..wh.plnk', { kind: 'ignored' }],
  ['.wh..wh.aufs', { kind: 'ignored' }],
  ['a/.wh..wh.orph', { kind: 'ignored' }],
  ['.wh.', { kind: 'ignored' }],
  ['.wh..', { kind: 'ignored' }],
  ['a/.wh...', { kind: 'ignored' }],
])('%s', (path, expected) => {
  expect(whiteoutOf(path)).toEqual(expected)
})
