import { describe, expect, test } from 'vitest'
import type { Hit } from '../../renderer/search/found.ts'
import { hitsAs } from '../../renderer/search/hit-text.ts'
import { isQuick, lineRanges } from '../../renderer/search/match-ranges.ts'
import { snippetOf } from '../../renderer/search/snippet.ts'
import type { ContentQuery } from '../../shared/query.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'
import { digestOf } from '../support/fake-client.ts'

const image = { reference: 'docker.io/library/debian:12', imageID: digestOf('a') }
const name = (path: string, part: Partial<Hit> = {}): Hit => ({
  diffID: digestOf('1'),
  layerIndex: 1,
  path,
  type: 'file',
  size: 5,
  state: 'present',
  createdBy: 'RUN true',
  ...part,
})
const line = (path: string, text: string): Hit => ({
  ...name(path),
  line: 7,
  column: 1,
  text,
  from: 0,
  to: 1,
})

describe('results as text', () => {
  test('are a line each, as grep writes it', () => {
    expect(hitsAs('text', [name('etc/a'), line('etc/b', 'x=1')], () => image)).toBe('/etc/a\n/etc/b:7: x=1\n')
  })

  test('name their image where there are several, and carry no control character', () => {
    const hits = [{ ...name('a\x1b[31m\u202e'), imageID: digestOf('a') }, line('b', 'x\ny\u0000\u001b]0;t')]
    const text = hitsAs('text', hits, () => image)
    expect(text).toContain('docker.io/library/debian:12  /a\\x1b[31m')
    expect(text).toContain('/b:7: x\\x0ay\\x00\\x1b]0;t\n')
    expect(text.split('\n')).toHaveLength(3)
  })
})

describe('results as CSV', () => {
  const cells = (hit: Hit): string => hitsAs('csv', [hit], () => image).split('\r\n')[1] ?? ''

  test('have a head, and quotes where they are needed', () => {
    const csv = hitsAs('csv', [name('a "b", c')], () => image)
    expect(csv.split('\r\n')[0]).toBe(
      'image,layer,path,type,size,state,by layer,command,line,column,text,diffID',
    )
    expect(cells(name('a "b", c'))).toContain(',"a ""b"", c",file,5,present,,RUN true,,,,')
    expect(csv.endsWith('\r\n')).toBe(true)
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\uff1d1'])('%s is no formula', (path) => {
    expect(cells(line('a', path))).toMatch(/,'/)
  })

  test('stay one line each', () => {
    expect(hitsAs('csv', [line('a', 'x\r\ny'), name('b\nc')], () => image).split('\r\n')).toHaveLength(4)
  })
})

test('results as JSON lines are what the command line writes', () => {
  const [first = '', second = ''] = hitsAs(
    'json',
    [name('etc/\xff'), line('etc/b', 'x\n')],
    () => image,
  ).split('\n')
  expect(JSON.parse(first)).toMatchObject({
    image: 'docker.io/library/debian:12',
    layer: digestOf('1'),
    layerIndex: 1,
    path: 'etc/\ufffd',
    pathBase64: 'ZXRjL/8=',
    createdBy: 'RUN true',
  })
  expect(JSON.parse(second)).toMatchObject({ path: 'etc/b', line: 7, text: 'x\n' })
})

test('a snippet shows its match, whatever stands before it', () => {
  const text = `   ${'a'.repeat(300)}KEY${'b'.repeat(900)}`
  const { before, match, after } = snippetOf({ text, from: 303, to: 306 })
  expect([before, match]).toEqual([`…${'a'.repeat(24)}`, 'KEY'])
  expect(after.length).toBeLessThan(500)
  expect(snippetOf({ text: '\u202e\u0000x<b>', from: 2, to: 3 })).toEqual({
    before: '\\u{202e}\\x00',
    match: 'x',
    after: '<b>',
  })
  expect(snippetOf({ text: '\tif x', from: 4, to: 5 }).before).toBe('if ')
})

describe('the marks in a file', () => {
  const query = (pattern: string, part: Partial<ContentQuery> = {}): ContentQuery => ({
    pattern,
    isRegex: false,
    isCaseSensitive: false,
    isWholeWord: false,
    isBinary: false,
    filter: NO_FILTER,
    ...part,
  })

  test.each([
    ['each match of a line', 'a.b A.B axb', query('a.b'), ['a.b', 'A.B']],
    ['in the right case only', 'key KEY', query('KEY', { isCaseSensitive: true }), ['KEY']],
    ['whole words only', 'key keys key', query('key', { isWholeWord: true }), ['key', 'key']],
    ['what an expression matches', 'k1 k22', query('k\\d+', { isRegex: true }), ['k1', 'k22']],
    ['nothing of one that is none', 'k1', query('(', { isRegex: true }), []],
    ['nothing of one that may take for ever', 'aaa', query('(a+)+$', { isRegex: true }), []],
  ])('are on %s', (_, text, wanted, expected) => {
    expect(lineRanges(text, wanted).map(([from, to]) => text.slice(from, to))).toEqual(expected)
  })

  test.each([
    ['a+b*', true],
    ['(a|b)?c', true],
    ['[+*(){2,}]x', true],
    ['\\(a\\)\\+', true],
    ['(a|a)*', false],
    ['(a){2,}', false],
    ['(a)\\1', false],
    ['.*.*.*x', false],
  ])('%s is quick: %s', (pattern, isIt) => {
    expect(isQuick(pattern)).toBe(isIt)
  })
})
