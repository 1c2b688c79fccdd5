import { describe, expect, test } from 'vitest'
import {
  emptyDraft,
  nextCommands,
  referenceProblem,
  specOf,
  suggestedName,
  timestampProblem,
  type Draft,
} from '../../renderer/export/draft.ts'
import { jobSpecSchema } from '../../shared/job.ts'
import { debian, debianInfo, digestOf } from '../support/fake-client.ts'

const draft = (part: Partial<Draft>): Draft => ({
  ...emptyDraft,
  places: { tar: '/out/a.tar', dir: '/out' },
  ...part,
})

describe('the job of a draft', () => {
  test('there is none before a place is chosen for its format', () => {
    expect(specOf(emptyDraft, debian)).toBeNull()
    expect(specOf({ ...emptyDraft, places: { tar: null, dir: '/out' } }, debian)).toBeNull()
  })

  test.each([
    [{}, { kind: 'tar', path: '/out/a.tar', compression: 'none', overwrite: true }, []],
    [
      { reference: ' acme/tool:2 ', compression: 'zstd' as const },
      { kind: 'tar', path: '/out/a.tar', compression: 'zstd', overwrite: true, reference: 'acme/tool:2' },
      [],
    ],
    [
      { format: 'dir' as const, isUnique: true, isNormalised: true, timestamp: '1700000000' },
      { kind: 'dir', path: '/out', uniqueNames: true },
      [{ kind: 'normalize-timestamps', timestamp: 1_700_000_000 }],
    ],
  ])('%j', (part, output, filters) => {
    const spec = specOf(draft(part), debian)
    expect(spec).toEqual({ kind: 'convert', input: debian, filters, output })
    expect(jobSpecSchema.parse(spec)).toEqual(spec)
  })

  test.each([
    { reference: 'BAD//name' },
    { isNormalised: true, timestamp: '-1' },
    { isNormalised: true, timestamp: '' },
  ])('%j makes none', (part) => expect(specOf(draft(part), debian)).toBeNull())

  test('options of the other format and of a filter that is off do not get in', () => {
    expect(specOf(draft({ isUnique: true, timestamp: 'x' }), debian)?.output).not.toHaveProperty(
      'uniqueNames',
    )
  })
})

test.each(['', 'debian', 'debian:12', 'localhost:5000/a/b:c'])('%s may be given', (text) => {
  expect(referenceProblem(text)).toBeNull()
})
test.each(['a b', 'UPPER:1', `debian@sha256:${'a'.repeat(64)}`, ':12'])(
  '%s may not, and is told why',
  (text) => {
    expect(referenceProblem(text)).toMatch(/^.{10,}\.$/s)
  },
)
test.each([
  ['0', true],
  ['1700000000', true],
  ['1.5', false],
  ['-1', false],
  ['', false],
  ['9'.repeat(12), false],
])('timestamp %s: %s', (text, isGood) => expect(timestampProblem(text) === null).toBe(isGood))

describe('the name of the file', () => {
  test.each([
    [{}, 'debian-12.tar'],
    [{ compression: 'gzip' as const }, 'debian-12.tar.gz'],
    [{ reference: 'registry.example.com:5000/acme/tool:2' }, 'registry.example.com-5000-acme-tool-2.tar'],
  ])('%j: %s', (part, name) => expect(suggestedName(draft(part), debianInfo, debian)).toBe(name))

  test('comes from the file where the image has no name', () => {
    const nameless = { ...debianInfo, references: [] }
    expect(suggestedName(draft({}), nameless, { kind: 'tar', path: '/x/saved.tar.xz' })).toBe('saved.tar')
  })

  test('comes from what a registry or an engine was asked for', () => {
    const digest = digestOf('c')
    const names = [
      { kind: 'registry', image: 'lab.local:5000/team/app:1.0' },
      { kind: 'registry', image: `lab.local/team/app@${digest}` },
      { kind: 'docker', image: 'tool.tar:1' },
    ] as const
    expect(names.map((source) => suggestedName(draft({}), debianInfo, source))).toEqual([
      'lab.local-5000-team-app-1.0.tar',
      'lab.local-team-app.tar',
      'tool.tar-1.tar',
    ])
    const nameless = { ...debianInfo, references: [] }
    expect(suggestedName(draft({}), nameless, { kind: 'docker', image: digest })).toBe('cccccccccccc.tar')
  })
})

describe('what to type next', () => {
  test('quotes what a shell would take apart', () => {
    const output = { kind: 'tar', path: "/out/it's here.tar", compression: 'none', overwrite: true } as const
    expect(nextCommands(output, {})[0]).toBe(`docker load -i '/out/it'\\''s here.tar'`)
  })
  test('names the image in a directory', () => {
    const output = { kind: 'dir', path: '/out', uniqueNames: false } as const
    expect(nextCommands(output, { path: '/out', references: ['docker.io/library/debian:12'] })).toEqual([
      "occystrap process 'dir:///out?image=debian&tag=12' tar://image.tar",
    ])
  })
})
