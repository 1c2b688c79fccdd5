import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { specEnvironment, type EnvironmentFacts } from '../../../main/outputs/bundle/spec-environment.ts'

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function environment(facts: Partial<EnvironmentFacts>): ReturnType<typeof specEnvironment> {
  return specEnvironment({ image: [], asked: [], home: '/root', hostname: 'h', terminal: false, ...facts })
}

describe('specEnvironment', () => {
  test.each<[string, Partial<EnvironmentFacts>, string[]]>([
    ['adds what is missing', {}, [PATH, 'HOME=/root', 'HOSTNAME=h']],
    [
      'keeps what the image has, in its order',
      { image: ['Z=1', 'HOSTNAME=', 'PATH=/p', 'HOME=/h', 'A=b=c'] },
      ['Z=1', 'HOSTNAME=', 'PATH=/p', 'HOME=/h', 'A=b=c'],
    ],
    ['a terminal has a kind', { terminal: true }, [PATH, 'TERM=xterm', 'HOME=/root', 'HOSTNAME=h']],
    [
      'but the image’s own',
      { terminal: true, image: ['TERM=vt100'] },
      ['TERM=vt100', PATH, 'HOME=/root', 'HOSTNAME=h'],
    ],
    [
      'the last of two counts',
      { image: ['A=1', 'B=2', 'A=3'] },
      ['A=3', 'B=2', PATH, 'HOME=/root', 'HOSTNAME=h'],
    ],
    [
      'what is asked for goes in place, or to the end',
      { image: ['A=1', 'B=2'], asked: ['A=9', 'C=3', 'HOME=/x'] },
      ['A=9', 'B=2', PATH, 'HOME=/x', 'HOSTNAME=h', 'C=3'],
    ],
    ['names differ by case', { image: ['path=x'] }, ['path=x', PATH, 'HOME=/root', 'HOSTNAME=h']],
  ])('%s', (_, facts, expected) => {
    expect(environment(facts)).toEqual({ env: expected, warnings: [] })
  })

  test('leaves out what no runtime takes, and says so', () => {
    const { env, warnings } = environment({
      image: ['bare', '=x', 'N\0=1', 'V=\0', ''],
      asked: ['=y', 'NAME'],
    })
    expect(env).toEqual([PATH, 'HOME=/root', 'HOSTNAME=h'])
    expect(warnings).toEqual([
      {
        code: 'environment-left-out',
        message: expect.any(String) as string,
        detail: 'bare\n=x\nN\\x00=1\nV=\\x00\n\n=y\nNAME',
      },
    ])
  })

  test('never has two entries of one name, and none that runc refuses', () => {
    const entry = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('A', 'B', 'PATH', 'HOME', 'TERM', 'HOSTNAME', '__proto__', ''), fc.string())
        .map(([name, value]) => `${name}=${value}`),
    )
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), fc.boolean(), (image, asked, terminal) => {
        const { env } = environment({ image, asked, terminal })
        const names = env.map((each) => each.slice(0, each.indexOf('=')))
        expect(new Set(names).size).toBe(names.length)
        expect(env.every((each) => each.indexOf('=') > 0 && !each.includes('\0'))).toBe(true)
      }),
    )
  })
})
