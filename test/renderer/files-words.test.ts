import { describe, expect, test } from 'vitest'
import { modeText, octalMode } from '../../renderer/files/file-mode.ts'
import { ancestorsOf, linkTarget, pathText, suggestedName, typedPath } from '../../renderer/files/paths.ts'
import { treeAction, type TreeKeyContext } from '../../renderer/files/tree-keys.ts'
import { hexLine, hexLineCount } from '../../renderer/files/viewer/hex-lines.ts'
import { LINE_LIMIT, textLines } from '../../renderer/files/viewer/text-lines.ts'
import { readableVersion } from '../../renderer/files/viewer/use-viewed-file.ts'
import type { FileRow } from '../../shared/files.ts'

test.each([
  ['file', 0o644, '-rw-r--r--'],
  ['directory', 0o1777, 'drwxrwxrwt'],
  ['file', 0o4755, '-rwsr-xr-x'],
  ['file', 0o6644, '-rwSr-Sr--'],
  ['symlink', 0o777, 'lrwxrwxrwx'],
  ['char', 0o1640, 'crw-r----T'],
] as const)('%s of mode %i reads %s', (type, mode, text) => {
  expect(modeText(type, mode)).toBe(text)
})

test('a mode has four octal digits', () => {
  expect(octalMode(0o100_644)).toBe('0644')
})

describe('a path that was typed or pasted', () => {
  test.each([
    ['/etc/passwd', 'etc/passwd'],
    ['  ./etc//passwd/ ', 'etc/passwd'],
    ['usr/../etc/./passwd', 'etc/passwd'],
    ['../../etc', 'etc'],
    ['/', ''],
    ['/é', '\u00c3\u00a9'],
  ])('%j is %j', (text, path) => {
    expect(typedPath(text)).toBe(path)
  })
})

test('a path that is not UTF-8, or turns the writing round, can be read', () => {
  expect(pathText('caf\u00e9')).toBe('caf\ufffd')
  expect(pathText(typedPath('/a\u202egnp.exe'))).toBe('a\\u{202e}gnp.exe')
})

test('the directories above a path stand outermost first', () => {
  expect(ancestorsOf('a/b/c')).toEqual(['a', 'a/b'])
  expect(ancestorsOf('a')).toEqual([])
})

test.each([
  ['usr/bin/sh', 'dash', 'usr/bin/dash'],
  ['usr/bin/sh', '../lib/x', 'usr/lib/x'],
  ['etc/alternatives/awk', '/usr/bin/mawk', 'usr/bin/mawk'],
  ['a', '../../../b', 'b'],
])('the link %s -> %s leads to %s', (path, linkname, target) => {
  expect(linkTarget(path, linkname)).toBe(target)
})

test('a saved file gets a name that every file system takes', () => {
  expect(suggestedName('a/..\\x:y\u0001')).toBe('.._x_y_')
  expect(suggestedName('', '.tar')).toBe('rootfs.tar')
})

describe('a key in the tree', () => {
  const row = { childCount: 2, isExpanded: false } as FileRow
  const context: TreeKeyContext = { index: 10, total: 100, page: 20, row, isTyping: false }
  const press = (key: string, part: Partial<TreeKeyContext> = {}, modifiers = {}) =>
    treeAction(
      { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers },
      { ...context, ...part },
    )

  test.each([
    ['ArrowDown', 11],
    ['ArrowUp', 9],
    ['PageDown', 30],
    ['PageUp', 0],
    ['Home', 0],
    ['End', 99],
  ])('%s moves to %i', (key, to) => {
    expect(press(key)).toEqual({ kind: 'move', to })
  })

  test('the arrows open, enter, close and leave a directory', () => {
    const open = { ...row, isExpanded: true }
    expect(press('ArrowRight')).toEqual({ kind: 'expand' })
    expect(press('ArrowRight', { row: open })).toEqual({ kind: 'move', to: 11 })
    expect(press('ArrowRight', { row: { ...row, childCount: 0 } })).toBeUndefined()
    expect(press('ArrowLeft', { row: open })).toEqual({ kind: 'collapse' })
    expect(press('ArrowLeft')).toEqual({ kind: 'parent' })
  })

  test('an asterisk opens all siblings, unless a name is being typed', () => {
    expect(press('*')).toEqual({ kind: 'expand-siblings' })
    expect(press('*', { isTyping: true })).toEqual({ kind: 'type', text: '*' })
  })

  test('characters look for a name; named keys, shortcuts and the list of keys do not', () => {
    expect(press('e')).toEqual({ kind: 'type', text: 'e' })
    expect(press('é')).toEqual({ kind: 'type', text: 'é' })
    expect(press('Tab')).toBeUndefined()
    expect(press('?')).toBeUndefined()
    expect(press('f', {}, { ctrlKey: true })).toBeUndefined()
    expect(press('c', {}, { metaKey: true })).toEqual({ kind: 'copy' })
    expect(press('1', {}, { altKey: true })).toBeUndefined()
  })

  test('nothing happens among no rows', () => {
    expect(press('End', { total: 0 })).toBeUndefined()
  })
})

describe('bytes as hex', () => {
  test('a whole line', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i + 0x3b)
    expect(hexLine(bytes, 0x12340)).toEqual({
      offset: '00012340',
      hex: '3b 3c 3d 3e 3f 40 41 42  43 44 45 46 47 48 49 4a',
      text: ';<=>?@ABCDEFGHIJ',
    })
  })

  test('a short one keeps its columns and shows no control characters', () => {
    const line = hexLine(Uint8Array.of(0, 0x1b, 0x41, 0xff), 0)
    expect(line.hex).toBe('00 1b 41 ff'.padEnd(48))
    expect(hexLine(Uint8Array.of(1), 8, 8)).toEqual({ offset: '00000008', hex: '01'.padEnd(23), text: '.' })
    expect(line.text).toBe('..A.')
  })

  test('an offset beyond 4 GiB has as many digits as it needs', () => {
    expect(hexLine(new Uint8Array(0), 2 ** 33).offset).toBe('200000000')
  })

  test.each([
    [0, 0],
    [1, 1],
    [16, 1],
    [17, 2],
  ])('%i bytes take %i lines', (size, lines) => {
    expect(hexLineCount(size)).toBe(lines)
  })
})

describe('text', () => {
  const lines = (text: string | Uint8Array, isPartial = false) =>
    textLines(typeof text === 'string' ? new TextEncoder().encode(text) : text, isPartial)

  test('is numbered by line, whatever ends them', () => {
    expect(lines('a\r\nb\n\nc')).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
      { number: 3, text: '' },
      { number: 4, text: 'c' },
    ])
    expect(lines('a\n')).toHaveLength(1)
  })

  test('a line without end goes on in pieces that have no number', () => {
    const [first, second, third] = lines('x'.repeat(2 * LINE_LIMIT + 1))
    expect([first?.number, second?.number, third?.number]).toEqual([1, undefined, undefined])
    expect(third?.text).toBe('x')
  })

  test('escapes and marks that turn the writing round are shown, not obeyed', () => {
    expect(lines('\u001b[31m\u202e')[0]?.text).toBe('\\x1b[31m\\u{202e}')
  })

  test('a character cut by the end of what was read is left out', () => {
    expect(lines(Uint8Array.of(0x61, 0xc3), true)[0]?.text).toBe('a')
    expect(lines(Uint8Array.of(0x61, 0xc3))[0]?.text).toBe('a\ufffd')
  })
})

test('a deleted file is read where the layers below left it', () => {
  const history = [
    { layer: 0, change: 'added' },
    { layer: 2, change: 'modified' },
    { layer: 3, change: 'deleted' },
  ] as const
  expect(readableVersion(history, 4)?.layer).toBe(2)
  expect(readableVersion(history, 1)?.layer).toBe(0)
  expect(readableVersion(history.slice(2), 4)).toBeUndefined()
})
