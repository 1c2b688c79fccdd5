import { describe, expect, test } from 'vitest'
import { freshSearch } from '../../renderer/image/image-views.ts'
import {
  filterCount,
  filterOf,
  NO_TEXTS,
  splitGlobs,
  type FilterTexts,
} from '../../renderer/search/filter-texts.ts'
import { questionOf } from '../../renderer/search/question.ts'
import { debian } from '../support/fake-client.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'

const texts = (part: Partial<FilterTexts>): FilterTexts => ({ ...NO_TEXTS, ...part })

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
    const sha256 = 'ab'.repeat(32)
    const full = texts({
      sha256: `sha256:${sha256}`,
      include: '*.pem',
      minSize: '1k',
      owner: '0:0',
      types: ['file'],
      fates: ['deleted'],
    })
    expect(filterOf(full)).toEqual({
      filter: {
        ...NO_FILTER,
        include: ['*.pem'],
        minSize: 1000,
        uid: 0,
        gid: 0,
        sha256,
        types: ['file'],
        fates: ['deleted'],
      },
      problems: {},
    })
    expect(filterCount(full)).toBe(6)
    expect(filterCount(NO_TEXTS)).toBe(0)
  })

  test('leave out what means nothing, and say so', () => {
    const { filter, problems } = filterOf(
      texts({ minSize: 'big', owner: 'root', maxSize: '1k', sha256: '12' }),
    )
    expect(filter).toEqual({ ...NO_FILTER, maxSize: 1000 })
    expect(Object.keys(problems).sort()).toEqual(['minSize', 'owner', 'sha256'])
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
