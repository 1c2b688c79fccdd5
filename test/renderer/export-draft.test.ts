import { describe, expect, test } from 'vitest'
import { commandWords } from '../../renderer/export/command-words.ts'
import {
  commandProblem,
  emptyDraft,
  hostnameProblem,
  nextCommands,
  referenceProblem,
  specOf,
  suggestedName,
  timestampProblem,
  type Draft,
  variablesProblem,
} from '../../renderer/export/draft.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { shellWord } from '../../shared/shell-word.ts'
import { jobSpecSchema } from '../../shared/job.ts'
import { debian, debianInfo, digestOf } from '../support/fake-client.ts'

const draft = (part: Partial<Draft>): Draft => ({
  ...emptyDraft,
  places: { tar: '/out/a.tar', dir: '/out', oci: '/out/debian-12-bundle', mounts: '/out/m' },
  ...part,
})

describe('the job of a draft', () => {
  test('there is none before a place is chosen for its format', () => {
    expect(specOf(emptyDraft, debian)).toBeNull()
    expect(
      specOf({ ...emptyDraft, places: { tar: null, dir: '/out', oci: '/out/b', mounts: null } }, debian),
    ).toBeNull()
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
    [
      { format: 'dir' as const, isExpanded: true, isMounted: true },
      { kind: 'dir', path: '/out', uniqueNames: false, expand: true },
      [],
    ],
    [
      { format: 'mounts' as const, isExpanded: true, isUnique: true },
      { kind: 'mounts', path: '/out/m', mount: false },
      [],
    ],
    [
      { format: 'mounts' as const, isMounted: true, reference: 'acme/tool:2' },
      { kind: 'mounts', path: '/out/m', mount: true, reference: 'acme/tool:2' },
      [],
    ],
    [
      { format: 'oci' as const, reference: 'BAD//name' },
      {
        kind: 'oci',
        path: '/out/debian-12-bundle',
        terminal: false,
        readOnly: false,
        env: [],
        allLabels: false,
      },
      [],
    ],
    [
      {
        format: 'oci' as const,
        command: `sh -c 'echo "$A"'`,
        variables: '\n A=1 \r\n\nB==\n',
        hostname: ' box ',
        isTerminal: true,
        isReadOnly: true,
        starter: 'root' as const,
        hasAllLabels: true,
      },
      {
        kind: 'oci',
        path: '/out/debian-12-bundle',
        terminal: true,
        readOnly: true,
        hostname: 'box',
        env: ['A=1 ', 'B=='],
        args: ['sh', '-c', 'echo "$A"'],
        rootless: false,
        allLabels: true,
      },
      [],
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
    { format: 'oci' as const, command: "sh 'x" },
    { format: 'oci' as const, variables: 'PATH' },
    { format: 'oci' as const, hostname: 'a b' },
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

describe('a command', () => {
  test.each<[string, readonly string[] | null]>([
    ['', []],
    ['  ', []],
    ['sh', ['sh']],
    [' sh  -c\t"a b" ', ['sh', '-c', 'a b']],
    [`a'b "c'"d"`, ['ab "cd']],
    [String.raw`a\ b "\"\\\n" '\'`, ['a b', '"\\\\n', '\\']],
    [`'' ""`, ['', '']],
    ['$HOME *', ['$HOME', '*']],
    ['end\\', ['end\\']],
    [`'open`, null],
    ['"open', null],
  ])('%s is taken apart as a shell does', (text, words) => expect(commandWords(text)).toEqual(words))

  test('that is quoted is read back', () => {
    for (const word of ["it's", 'a b', '', '"', '\\', 'plain', '$(x)'])
      expect(commandWords(shellWord(word))).toEqual([word])
  })
})

test('what a bundle cannot be given is told why', () => {
  expect(commandProblem('sh "')).toBe('A quote is not closed.')
  expect(variablesProblem('A=1\nPATH')).toBe('"PATH" is not a variable of the environment. Write NAME=VALUE.')
  for (const name of ['x'.repeat(65), 'a_b', '-a', 'a..b'])
    expect(hostnameProblem(name)).toMatch(/64 at most/)
  expect([commandProblem('sh -c "x"'), variablesProblem('A=\n\n'), hostnameProblem('box-1.lab')]).toEqual([
    null,
    null,
    null,
  ])
})

describe('the name of the file', () => {
  test.each([
    [{}, 'debian-12.tar'],
    [{ compression: 'gzip' as const }, 'debian-12.tar.gz'],
    [{ reference: 'registry.example.com:5000/acme/tool:2' }, 'registry.example.com-5000-acme-tool-2.tar'],
    [{ format: 'oci' as const, reference: 'other:1' }, 'debian-12-bundle'],
    [{ format: 'mounts' as const }, 'debian-12-mounts'],
    [
      { format: 'mounts' as const, reference: 'acme/tool:2', compression: 'gzip' as const },
      'acme-tool-2-mounts',
    ],
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
  test.each([
    ['/srv/debian-12-bundle', 'runc run --bundle /srv/debian-12-bundle debian-12'],
    ['/srv/a b/', "runc run --bundle '/srv/a b/' a-b"],
    ['/srv/-x', 'runc run --bundle /srv/-x x'],
    ['/srv/-bundle', 'runc run --bundle /srv/-bundle bundle'],
    ['/srv/ü', "runc run --bundle '/srv/ü' container"],
  ])('starts the bundle in %s', (path, line) => {
    const flags = { terminal: false, readOnly: false, allLabels: false }
    const output: DestinationSpec = { kind: 'oci', path, env: [], ...flags }
    expect(nextCommands(output, {})).toEqual([line])
    expect(nextCommands(output, { runtime: 'crun' })).toEqual([line.replace('runc', 'crun')])
  })
  test('mounts an image and takes its mounts away', () => {
    const output = { kind: 'mounts', path: '/srv/my images/', mount: false } as const
    expect(nextCommands(output, { imageID: digestOf('c') })).toEqual([
      "sh '/srv/my images/images/cccccccccccc/mount.sh'",
      "occystrap unmount '/srv/my images/'",
    ])
  })
  test('names the image in a directory', () => {
    const output = { kind: 'dir', path: '/out', uniqueNames: false } as const
    expect(nextCommands(output, { path: '/out', references: ['docker.io/library/debian:12'] })).toEqual([
      "occystrap process 'dir:///out?image=debian&tag=12' tar://image.tar",
    ])
  })
})
