import { expect, test } from 'vitest'
import { jobTitle } from '../../main/engine/job-title.ts'
import { entryFile } from '../../main/image/entry-file.ts'
import { LastWords } from '../../main/engine/process-host.ts'
import { ProgressReport, sumOf } from '../../main/engine/progress-report.ts'
import { PathQueue } from '../../main/rpc/path-queue.ts'
import type { JobSpec } from '../../shared/job.ts'

const input = { kind: 'tar', path: '/images/debian.tar' } as const
const digest = `sha256:${'ab'.repeat(32)}` as const

test.for<[JobSpec, string]>([
  [
    {
      kind: 'convert',
      input: { ...input, image: 'docker.io/library/debian:12' },
      filters: [],
      output: { kind: 'tar', path: 'C:\\out\\copy.tar', compression: 'none', overwrite: true },
    },
    'Export debian:12 to copy.tar',
  ],
  [
    {
      kind: 'convert',
      input: { kind: 'dir', path: '/images', image: 'debian', tag: '12' },
      filters: [],
      output: { kind: 'dir', path: '/out/', uniqueNames: false },
    },
    'Export debian:12 to out',
  ],
  [
    {
      kind: 'convert',
      input: { kind: 'registry', image: 'docker.io/library/debian:12' },
      filters: [],
      output: {
        kind: 'oci',
        path: '/out/debian-12-bundle',
        terminal: false,
        readOnly: false,
        env: [],
        allLabels: false,
      },
    },
    'Export debian:12 to an OCI bundle in debian-12-bundle',
  ],
  [
    {
      kind: 'convert',
      input: { kind: 'registry', image: 'docker.io/library/debian:12' },
      filters: [],
      output: { kind: 'mounts', path: '/out/debian-12-mounts', mount: false },
    },
    'Export debian:12 to overlay mounts in debian-12-mounts',
  ],
  [{ kind: 'mount', path: '/out/m', imageID: digest }, 'Mount abababababab at m'],
  [
    { kind: 'mount', path: '/out/m', imageID: digest, reference: 'docker.io/library/debian:12' },
    'Mount debian:12 at m',
  ],
  [{ kind: 'unmount', path: '/out/m/' }, 'Unmount m'],
  [{ kind: 'index', input }, 'Read the layers of debian.tar'],
  [{ kind: 'index', input: { ...input, image: 'docker.io/acme/db:14' } }, 'Read the layers of acme/db:14'],
  [
    { kind: 'save-path', input, path: 'etc/\xc3\xbc', isMerged: true, destination: '/out/x' },
    'Save /etc/ü to x',
  ],
  [
    { kind: 'save-hits', input, hits: [{ layer: 0, path: 'a' }], destination: '/out/found.tar' },
    'Save 1 file of debian.tar to found.tar',
  ],
  [
    { kind: 'save-layer', input, diffID: digest, isUncompressed: true, destination: '/out/layer.tar' },
    'Save layer abababababab to layer.tar',
  ],
  [
    { kind: 'index', input: { ...input, image: 'evil\u001b[31m\u202e' } },
    'Read the layers of evil\\x1b[31m\\u{202e}',
  ],
])('%o is titled in words', ([spec, title]) => {
  expect(jobTitle(spec)).toBe(title)
})

test('progress is bounded: of many steps the oldest become one, and no byte is lost', () => {
  const report = new ProgressReport()
  for (let i = 0; i < 1000; i++) report.step(`layer ${i}`, 10, 10)
  expect(report.steps).toHaveLength(257)
  expect(report.steps[0]).toEqual({ name: '744 earlier steps', done: 7440, total: 7440 })
  expect(sumOf(report.steps)).toEqual({ done: 10_000, total: 10_000 })
})

test('the total is unknown while one step’s is', () => {
  const report = new ProgressReport()
  expect(sumOf(report.steps)).toEqual({ done: 0, total: null })
  report.step('a', 1, 10)
  report.step('b', 2, undefined)
  expect(sumOf(report.steps)).toEqual({ done: 3, total: null })
  report.step('b', 4, 4)
  expect(sumOf(report.steps)).toEqual({ done: 5, total: 14 })
})

test('equal warnings are one, and beyond two hundred they are counted', () => {
  const report = new ProgressReport()
  expect(report.warn({ code: 'x', message: 'same' })).toBe(true)
  expect(report.warn({ code: 'x', message: 'same' })).toBe(false)
  for (let i = 0; i < 1000; i++) report.warn({ code: 'x', message: `device ${i}` })
  expect(report.warnings).toHaveLength(201)
  expect(report.warnings.at(-1)).toEqual({
    code: 'more-warnings',
    message: '801 more warnings were left out.',
  })
})

test('an entry is its source beside the sources, and its built file in the build, also from a chunk', () => {
  expect(entryFile('job-process', 'file:///p/main/engine/process-host.ts')).toBe(
    '/p/main/engine/job-process.ts',
  )
  expect(entryFile('job-process', 'file:///p/out/main/cli.js')).toBe('/p/out/main/job-process.js')
  expect(entryFile('reader-process', 'file:///p/out/main/chunks/serve-1.js')).toBe(
    '/p/out/main/reader-process.js',
  )
})

test('of what a process said before it died the end is kept', () => {
  const words = new LastWords()
  for (let i = 0; i < 10_000; i++) words.add(`line ${i}\n`)
  expect(words.toString().length).toBe(8192)
  expect(words.toString().endsWith('line 9999\n')).toBe(true)
})

test('paths wait for a window, and each is taken once', async () => {
  const queue = new PathQueue()
  queue.push(['/a'])
  queue.push([])
  queue.push(['/b', '/c'])
  const leave = new AbortController()
  const watch = queue.watch(leave.signal)
  expect((await watch.next()).value).toEqual({ paths: ['/a', '/b', '/c'] })
  const next = watch.next()
  queue.push(['/d'])
  expect((await next).value).toEqual({ paths: ['/d'] })
  const last = watch.next()
  leave.abort()
  expect((await last).done).toBe(true)
  queue.push(['/e'])
  expect((await queue.watch().next()).value).toEqual({ paths: ['/e'] })
})
