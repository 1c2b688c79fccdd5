import { describe, expect, it } from 'vitest'
import { nameMatcher } from '../../shared/name-matcher.ts'
import type { SearchQuery } from '../../shared/query.ts'

const PATHS = ['etc/nginx/nginx.conf', 'etc/passwd', 'usr/share/doc/passwd.gz', 'usr/lib/Read.ME', 'é/x']

function found(pattern: string, options: Partial<SearchQuery> = {}): string[] {
  const query = { pattern, isRegex: false, isCaseSensitive: true, isWholeName: true, ...options }
  return PATHS.filter(nameMatcher(query))
}

describe('a glob', () => {
  it('is matched against the whole path and the last component', () => {
    expect(found('*.conf')).toEqual(['etc/nginx/nginx.conf'])
    expect(found('passwd')).toEqual(['etc/passwd'])
    expect(found('etc/*')).toEqual(['etc/nginx/nginx.conf', 'etc/passwd'])
    expect(found('tc/passwd')).toEqual([])
  })

  it('may be typed with the slashes of an absolute path', () => {
    expect(found('/etc/passwd')).toEqual(['etc/passwd'])
    expect(found('./etc/*')).toHaveLength(2)
    expect(found('/')).toEqual([])
  })

  it('may be part of a name where that is asked and it has no wildcard', () => {
    expect(found('passwd', { isWholeName: false })).toEqual(['etc/passwd', 'usr/share/doc/passwd.gz'])
    expect(found('read', { isWholeName: false, isCaseSensitive: false })).toEqual(['usr/lib/Read.ME'])
    expect(found('pass*', { isWholeName: false })).toEqual(['etc/passwd', 'usr/share/doc/passwd.gz'])
  })

  it('folds case where asked', () => {
    expect(found('READ.me')).toEqual([])
    expect(found('READ.me', { isCaseSensitive: false })).toEqual(['usr/lib/Read.ME'])
  })
})

describe('a regex', () => {
  const regex = { isRegex: true, isWholeName: false }

  it('is matched anywhere in the path', () => {
    expect(found('pass(wd|wort)', regex)).toEqual(['etc/passwd', 'usr/share/doc/passwd.gz'])
    expect(found('^usr/.*ME$', regex)).toEqual(['usr/lib/Read.ME'])
    expect(found('^./x$', regex)).toEqual(['é/x'])
  })

  it('may be asked for a whole name', () => {
    expect(found('passwd|x', { ...regex, isWholeName: true })).toEqual(['etc/passwd', 'é/x'])
  })

  it('may escape what unicode mode forbids', () => {
    expect(found('nginx\\-?\\.conf', regex)).toEqual(['etc/nginx/nginx.conf'])
  })

  it('fails in words where it is none', () => {
    expect(() => found('a(', regex)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(/^The regular expression is not valid/),
      }),
    )
  })
})
