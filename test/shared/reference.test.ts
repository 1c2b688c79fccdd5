import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ImageError } from '../../shared/errors.ts'
import { familiarReference, formatReference, parseReference, withDefaultTag } from '../../shared/reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('what people type', () => {
  test.each([
    ['debian', 'docker.io/library/debian', 'debian'],
    ['debian:12', 'docker.io/library/debian:12', 'debian:12'],
    ['library/debian', 'docker.io/library/debian', 'debian'],
    ['docker.io/debian', 'docker.io/library/debian', 'debian'],
    ['index.docker.io/library/debian', 'docker.io/library/debian', 'debian'],
    ['bitnami/redis', 'docker.io/bitnami/redis', 'bitnami/redis'],
    ['a/b/c', 'docker.io/a/b/c', 'a/b/c'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['localhost:5000/app', 'localhost:5000/app', 'localhost:5000/app'],
    ['localhost:5000', 'docker.io/library/localhost:5000', 'localhost:5000'],
    ['quay.io/team/app:v1.0', 'quay.io/team/app:v1.0', 'quay.io/team/app:v1.0'],
    ['[::1]:5000/app:1', '[::1]:5000/app:1', '[::1]:5000/app:1'],
    ['Registry/app', 'Registry/app', 'Registry/app'],
    ['docker.io/localhost/app', 'docker.io/localhost/app', 'docker.io/localhost/app'],
    ['docker.io/library/a/b', 'docker.io/library/a/b', 'docker.io/library/a/b'],
    [`debian@${DIGEST}`, `docker.io/library/debian@${DIGEST}`, `debian@${DIGEST}`],
    [`debian:12@${DIGEST}`, `docker.io/library/debian:12@${DIGEST}`, `debian:12@${DIGEST}`],
    ['a__b/c.d-e--f_g', 'docker.io/a__b/c.d-e--f_g', 'a__b/c.d-e--f_g'],
  ])('%s is %s, shown as %s', (text, full, familiar) => {
    const reference = parseReference(text)
    expect(formatReference(reference)).toBe(full)
    expect(familiarReference(reference)).toBe(familiar)
  })

  test('a tag that was not given is latest only where one is needed', () => {
    expect(formatReference(withDefaultTag(parseReference('debian')))).toBe('docker.io/library/debian:latest')
    expect(withDefaultTag(parseReference('debian:12')).tag).toBe('12')
    expect(withDefaultTag(parseReference(`debian@${DIGEST}`)).tag).toBeUndefined()
  })
})

describe('what is no reference', () => {
  test.each([
    '',
    ':',
    ':12',
    'debian:',
    'debian:-x',
    `debian:${'x'.repeat(129)}`,
    'Debian',
    'docker.io/Debian',
    'a//b',
    '/a',
    'a/',
    'a..b',
    'a___b',
    '-a',
    'a_',
    'a b',
    '<none>:<none>',
    'debian@sha256:1234',
    'debian@md5:d41d8cd98f00b204e9800998ecf8427e',
    'a@b@c',
    'https://quay.io/a',
    'exa mple.org/a',
    '0123456789abcdef'.repeat(4),
    'a'.repeat(300),
    '\u001b[31mred',
    'a\nb',
    '../../etc/passwd',
  ])('%j', (text) => {
    expect(() => parseReference(text)).toThrow(ImageError)
    try {
      parseReference(text)
    } catch (error) {
      expect(error).toMatchObject({ code: 'usage' })
      expect((error as ImageError).message).not.toMatch(/[\u0000-\u001f]/)
    }
  })
})

const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,4}){0,2}$/)
const domain = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'localhost:5000', 'quay.io', '[::1]:443', '127.0.0.1:5000'),
  fc.stringMatching(/^[a-z0-9]{1,6}\.[a-z]{2,5}(?::[0-9]{1,5})?$/),
)
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)

describe('for any reference', () => {
  test('both written forms are read back as the same one', () => {
    fc.assert(
      fc.property(
        domain,
        fc.array(component, { minLength: 1, maxLength: 4 }),
        fc.option(tag, { nil: undefined }),
        fc.boolean(),
        (domain, parts, tag, hasDigest) => {
          const text = `${domain}/${parts.join('/')}${tag ? `:${tag}` : ''}${hasDigest ? `@${DIGEST}` : ''}`
          const reference = parseReference(text)
          expect(parseReference(formatReference(reference))).toEqual(reference)
          expect(parseReference(familiarReference(reference))).toEqual(reference)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('any text is either a reference or a usage error, and quickly so', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.stringMatching(/^[a-z0-9._:/@-]{0,500}$/),
    )
    fc.assert(
      fc.property(text, (text) => {
        try {
          const reference = parseReference(text)
          expect(parseReference(formatReference(reference))).toEqual(reference)
        } catch (error) {
          expect(error).toMatchObject({ code: 'usage' })
        }
      }),
      { numRuns: 2000 },
    )
  })
})
