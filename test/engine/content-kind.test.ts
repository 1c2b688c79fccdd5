import { expect, it } from 'vitest'
import { contentKind } from '../../main/engine/content-kind.ts'

const text = { looksLike: 'text' }
const binary = { looksLike: 'binary' }
const image = (mediaType: string): object => ({ looksLike: 'image', mediaType })

it.each([
  ['nothing', '', text],
  ['a shell script', '#!/bin/sh\necho "\x1b[1m"\t\r\n', text],
  ['UTF-8', 'h\xc3\xa9', text],
  ['Latin-1', 'h\xe9llo', binary],
  ['a NUL', 'a\0b', binary],
  ['an ELF', '\x7fELF\x02\x01\x01', binary],
  ['a PNG', '\x89PNG\r\n\x1a\n\0\0', image('image/png')],
  ['a JPEG', '\xff\xd8\xff\xe0', image('image/jpeg')],
  ['a GIF', 'GIF89a', image('image/gif')],
  ['a WebP', 'RIFF\x01\x02\x03\x0aWEBPVP8 ', image('image/webp')],
  ['a BMP', 'BM\x01\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', image('image/bmp')],
  ['an ICO', '\0\0\x01\0\x02\0', image('image/x-icon')],
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', text],
  ['a text that starts like a BMP', 'BMW makes cars, mostly', text],
  ['a wave', 'RIFF\x01\x02\x03\x04WAVEfmt ', binary],
])('%s', (_, content, expected) => {
  expect(contentKind(Buffer.from(content, 'latin1'), true)).toEqual(expected)
})

it('allows a character that the window cuts, and only there', () => {
  const cut = Buffer.from('caf\xc3', 'latin1')
  expect(contentKind(cut, false)).toEqual(text)
  expect(contentKind(cut, true)).toEqual(binary)
  const long = Buffer.from(`${'a'.repeat(4095)}é`)
  expect(contentKind(long, true)).toEqual(text)
})
