import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathFilter, withoutBraces } from '../../shared/path-filter.ts'

const PATHS = [
  'etc/passwd',
  'etc/ssl/certs/ca.pem',
  'app/node_modules/a/index.js',
  'app/index.js',
  'app/my_node_modules/b.js',
  'node_modules',
  'usr/share/doc/a/README.md',
  'usr/share/man/b.1',
]

function kept(include: string[], exclude: string[] = []): string[] {
  const passes = pathFilter({ include, exclude })
  return PATHS.filter((path) => passes?.(path) ?? true)
}

describe('paths that are included and excluded', () => {
  it('all pass where nothing is asked', () => {
    expect(pathFilter({ include: [], exclude: [] })).toBeUndefined()
  })

  it.each<[string, string[]]>([
    ['etc', ['etc/passwd', 'etc/ssl/certs/ca.pem']],
    ['/etc/', ['etc/passwd', 'etc/ssl/certs/ca.pem']],
    ['node_modules', ['app/node_modules/a/index.js', 'node_modules']],
    ['/node_modules', ['node_modules']],
    ['share/doc', ['usr/share/doc/a/README.md']],
    ['*.js', ['app/node_modules/a/index.js', 'app/index.js', 'app/my_node_modules/b.js']],
    ['app/*.js', ['app/node_modules/a/index.js', 'app/index.js', 'app/my_node_modules/b.js']],
    ['**/*.pem', ['etc/ssl/certs/ca.pem']],
    ['*_modules', ['app/node_modules/a/index.js', 'app/my_node_modules/b.js', 'node_modules']],
    ['{*.pem,*.md}', ['etc/ssl/certs/ca.pem', 'usr/share/doc/a/README.md']],
    ['usr/share/{doc,man}', ['usr/share/doc/a/README.md', 'usr/share/man/b.1']],
    ['[a-e]tc', ['etc/passwd', 'etc/ssl/certs/ca.pem']],
    ['index', []],
  ])('%s includes %j', (glob, expected) => {
    expect(kept([glob])).toEqual(expected)
  })

  it('one of several includes is enough, and one exclude too much', () => {
    expect(kept(['*.js', 'etc'], ['node_modules', 'certs'])).toEqual([
      'etc/passwd',
      'app/index.js',
      'app/my_node_modules/b.js',
    ])
  })
})

describe('braces', () => {
  it.each<[string, string[]]>([
    ['a', ['a']],
    ['{a,b}c', ['ac', 'bc']],
    ['{a,b}{c,d}', ['ac', 'ad', 'bc', 'bd']],
    ['{a,{b,c}}', ['a', 'b', 'a', 'c']],
    ['{a}', ['{a}']],
    ['{a,b', ['{a,b']],
    ['{,x}', ['', 'x']],
  ])('%s is %j', (glob, expected) => {
    expect(withoutBraces(glob).toSorted()).toEqual(expected.toSorted())
  })

  it('of any kind end, and soon', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('{', '}', ',', 'a', 'b'), { maxLength: 60 }), (parts) => {
        expect(withoutBraces(parts.join('')).length).toBeLessThanOrEqual(256)
      }),
    )
  })
})
