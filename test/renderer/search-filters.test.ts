import { describe, expect, test } from 'vitest'
import { freshSearch } from '../../renderer/image/image-views.ts'
import {
  filterCount,
  filterOf,
  NO_TEXTS,
  ownerOf,
  sizeOf,
  splitGlobs,
  type FilterTexts,
} from '../../renderer/search/filter-texts.ts'
import { questionOf } from '../../renderer/search/question.ts'
import { debian } from '../support/fake-client.ts'
import { NO_FILTER } from '../../shared/query.ts'

const texts = (part: Partial<FilterTexts>): FilterTexts => ({ ...NO_TEXTS, ...part })

test.each([
  ['0', 0],
  ['4096', 4096],
  ['10k', 10_000],
  ['1.5 MB', 1_500_000],
  ['1,5mb', 1_500_000],
  ['4 KiB', 4096],
  ['2g', 2_000_000_000],
  ['.5k', 500],
  ['k', undefined],
  ['1.', undefined],
  ['10 i', undefined],
  ['-1', undefined],
  ['9999999 TB', undefined],
])('%s as a size', (text, bytes) => {
  expect(sizeOf(text)).toBe(bytes)
})

test.each([
  ['', {}],
  ['0', { uid: 0 }],
  ['1000:50', { uid: 1000, gid: 50 }],
  [':50', { gid: 50 }],
  ['7:', { uid: 7 }],
  [':', undefined],
  ['root', undefined],
  ['4294967296', undefined],
])('%s as an owner', (text, owner) => {
  expect(ownerOf(text)).toEqual(owner)
})

test.each([
  ['*.a, b/c ,, ', ['*.a', 'b/c']],
  ['usr/{bin,sbin}/*,x', ['usr/{bin,sbin}/*', 'x']],
  ['{a,{b,c}},d', ['{a,{b,c}}', 'd']],
  ['a{,b', ['a{', 'b']],
  ['', []],
])('%s as globs', (text, globs) => {
  expect(splitGlobs(text)).toEqual(globs)
})

describe('the filters', () => {
  test('say what is in their boxes', () => {
    const full = texts({ include: '*.pem', minSize: '1k', owner: '0:0', types: ['file'], fates: ['deleted'] })
    expect(filterOf(full)).toEqual({
      filter: {
        ...NO_FILTER,
        include: ['*.pem'],
        minSize: 1000,
        uid: 0,
        gid: 0,
        types: ['file'],
        fates: ['deleted'],
      },
      problems: {},
    })
    expect(filterCount(full)).toBe(5)
    expect(filterCount(NO_TEXTS)).toBe(0)
  })

  test('leave out what means nothing, and say so', () => {
    const { filter, problems } = filterOf(texts({ minSize: 'big', owner: 'root', maxSize: '1k' }))
    expect(filter).toEqual({ ...NO_FILTER, maxSize: 1000 })
    expect(Object.keys(problems).sort()).toEqual(['minSize', 'owner'])
    expect(filterOf(texts({ minSize: '2k', maxSize: '1k' })).problems.maxSize).toBeDefined()
  })
})

describe('the question', () => {
  test('is none without a text or a filter; a filter alone matches every name, and no line', () => {
    expect(questionOf('', freshSearch, debian)).toBeNull()
    const filters = texts({ modes: ['setuid'] })
    expect(questionOf('', { ...freshSearch, filters }, debian)).toMatchObject({
      kind: 'names',
      query: { pattern: '', filter: { modes: ['setuid'] } },
    })
    expect(questionOf('', { ...freshSearch, filters, isInside: true }, debian)).toBeNull()
  })

  test('is about names in all images, whatever was asked of this one', () => {
    expect(questionOf('x', { ...freshSearch, isInside: true, scope: 'everywhere' }, debian)).toMatchObject({
      kind: 'everywhere',
    })
    expect(questionOf('x', { ...freshSearch, isInside: true, isWholeWord: true }, debian)).toMatchObject({
      kind: 'contents',
      source: debian,
      query: { pattern: 'x', isWholeWord: true },
    })
    expect(questionOf('x', freshSearch, null)).toBeNull()
    expect(questionOf('x', { ...freshSearch, scope: 'everywhere' }, null)).toMatchObject({
      kind: 'everywhere',
    })
  })
})
