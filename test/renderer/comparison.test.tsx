import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { structuredPatch } from 'diff'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FilesTab } from '../../renderer/files/files-tab.tsx'
import { diffCounts, diffLines } from '../../renderer/files/viewer/diff-lines.ts'
import { metadataChanges } from '../../renderer/files/viewer/metadata-changes.tsx'
import { pairOf } from '../../renderer/files/viewer/use-viewed-file.ts'
import { setFilesView } from '../../renderer/image/image-views.ts'
import type { OpenImage } from '../../renderer/store.ts'
import type { Comparison, PathVersion } from '../../shared/files.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { directory, entry, symlink } from '../support/entries.ts'
import { debian } from '../support/fake-client.ts'
import { fakeImage, stubViewport } from '../support/fake-image.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

type Hunks = NonNullable<Comparison['hunks']>

/** As the engine makes them. */
function hunksOf(before: string, after: string): Hunks {
  const { hunks } = structuredPatch('', '', before, after, undefined, undefined, { context: 3 })
  return hunks.map(({ oldStart, newStart, lines }) => ({ beforeLine: oldStart, afterLine: newStart, lines }))
}

const drawn = (hunks: Hunks): string[] =>
  diffLines(hunks).map(
    ({ kind, before = '', after = '', text }) =>
      `${before} ${after} ${{ added: '+', removed: '-', same: ' ', skipped: '…', note: '!' }[kind]}${text}`,
  )

describe('lines of a comparison', () => {
  test('have the numbers of both sides, and say what is left out', () => {
    const numbers = Array.from({ length: 20 }, (_, i) => `l${i + 1}`)
    const after = numbers.with(9, 'ten').toSpliced(17, 0, 'new')
    expect(drawn(hunksOf(`${numbers.join('\n')}\n`, `${after.join('\n')}\n`))).toEqual([
      '  …6 unchanged lines',
      '7 7  l7',
      '8 8  l8',
      '9 9  l9',
      '10  -l10',
      ' 10 +ten',
      '11 11  l11',
      '12 12  l12',
      '13 13  l13',
      '  …1 unchanged line',
      '15 15  l15',
      '16 16  l16',
      '17 17  l17',
      ' 18 +new',
      '18 19  l18',
      '19 20  l19',
      '20 21  l20',
    ])
  })

  test('of a file that was empty, or without a last line break', () => {
    expect(drawn(hunksOf('', 'a\n'))).toEqual([' 1 +a'])
    expect(drawn(hunksOf('a\n', 'a'))).toEqual(['1  -a', ' 1 +a', '  !No line break at the end'])
  })

  test('are safe to show, and long ones go on below without a number', () => {
    const lines = diffLines(hunksOf('', `\u202e\u001b[2J\t${'x'.repeat(1500)}\n`))
    expect(lines.map(({ after }) => after)).toEqual([1, undefined])
    expect(lines[0]?.text).toMatch(/^\\u\{202e\}\\x1b\[2J {4}x/)
  })

  test('show an end of line only where it changed', () => {
    expect(drawn(hunksOf('a\r\n', 'b\r\n'))).toEqual(['1  -a', ' 1 +b'])
    expect(drawn(hunksOf('a\r\n', 'a\n'))).toEqual(['1  -a\\x0d', ' 1 +a'])
  })

  test('are counted', () => {
    expect(diffCounts(hunksOf('a\nb\n', 'a\nc\nd\n'))).toEqual({ added: 2, removed: 1 })
  })
})

const version = (layer: number, change: PathVersion['change'], type?: PathVersion['type']): PathVersion => ({
  layer,
  change,
  ...(type && { type }),
})

test('a file is compared with the last file before it, over a deletion and over what was no file', () => {
  const history = [
    version(0, 'added', 'file'),
    version(1, 'deleted'),
    version(2, 'added', 'symlink'),
    version(4, 'modified', 'file'),
  ]
  expect(pairOf(history, 4)).toEqual({ before: 0, after: 4 })
  expect(pairOf(history, 0)).toBeUndefined()
  expect(pairOf(history, 2)).toBeUndefined()
})

test('of mode, owner and time those are told that differ', () => {
  const row = { mode: 0o100644, uid: 0, gid: 0, mtime: 0 }
  expect(metadataChanges(row, row)).toEqual([])
  expect(metadataChanges(row, { mode: 0o104755, uid: 0, gid: 50, mtime: 86_400 })).toEqual([
    { name: 'Mode', from: '0644', to: '4755' },
    { name: 'Owner', from: '0:0', to: '0:50' },
    { name: 'Time', from: '1970-01-01 00:00:00 UTC', to: '1970-01-02 00:00:00 UTC' },
  ])
  expect(metadataChanges(row, { ...row, mtime: 1e300 })[0]?.to).toBe('1e+300 s')
})

describe('in the viewer', () => {
  const image: OpenImage = { id: keyOfSource(debian), source: debian, title: 'debian:12', tab: 'files' }
  const layers = [
    {
      createdBy: 'ADD rootfs.tar /',
      entries: [directory('etc'), entry('etc/motd', { size: 4 }), entry('etc/link', { size: 4 })],
      contents: { 'etc/motd': 'old\n', 'etc/link': 'old\n' },
    },
    {
      createdBy: 'RUN chmod',
      entries: [entry('etc/motd', { size: 4, mode: 0o755 }), entry('etc/link', { size: 4 })],
      contents: { 'etc/motd': 'new\n', 'etc/link': 'new\n' },
    },
    { createdBy: 'RUN ln', entries: [symlink('etc/link', 'motd')] },
  ]
  const compared = (part: Partial<Comparison> = {}): Comparison => ({
    before: { layer: 0, size: 4, sha256: 'a'.repeat(64) },
    after: { layer: 1, size: 2_000_000, sha256: 'b'.repeat(64) },
    hunks: hunksOf('old\n<b>\n', 'new\n<b>\n'),
    isText: true,
    ...part,
  })

  beforeEach(() => stubViewport())
  afterEach(() => {
    resetWindow()
    setFilesView(image.id, {
      tree: { isMerged: true },
      expanded: [],
      active: null,
      viewed: null,
      reveal: null,
    })
  })

  async function open(path: string, compare: () => Promise<Comparison>) {
    const { info, answers } = fakeImage(layers)
    const files = { ...answers.files, compare }
    const shown = renderPart(<FilesTab image={image} info={info} />, { answers: { ...answers, files } })
    act(() => setFilesView(image.id, { expanded: ['etc'], viewed: { path, tree: { isMerged: true } } }))
    await screen.findByRole('list', { name: 'History' })
    return shown
  }
  const changes = () => screen.findByRole('region', { name: 'Changes from layer 0 to layer 1' })

  test('a version is compared with the one before it, and the content is a click away', async () => {
    const { fake } = await open('etc/motd', async () => compared())
    await userEvent.click(await screen.findByRole('button', { name: 'Compare with layer 0' }))
    expect(fake.callsOf('files.compare')).toEqual([{ source: debian, path: 'etc/motd', before: 0, after: 1 }])
    const view = await changes()
    expect(within(view).getByRole('heading').textContent).toBe(' Layer 0 →  Layer 1')
    const lines = await within(view).findByRole('region', { name: 'Changed lines' })
    expect([...lines.querySelectorAll('[data-kind]')].map((line) => line.textContent)).toEqual([
      '1−old',
      '1+new',
      '22 <b>',
    ])
    expect(await within(view).findByText('0755')).toBeTruthy()
    expect(within(view).getByText('+1')).toBeTruthy()
    await userEvent.click(screen.getByRole('radio', { name: 'Text' }))
    expect(await screen.findByText('new')).toBeTruthy()
    expect(screen.queryByRole('region', { name: 'Changed lines' })).toBeNull()
    await userEvent.click(screen.getByRole('radio', { name: 'Changes' }))
    expect(await changes()).toBeTruthy()
  })

  test('what is no text has its sizes and digests compared', async () => {
    await open('etc/motd', async () => compared({ hunks: null, isText: false }))
    await userEvent.click(await screen.findByRole('radio', { name: 'Changes' }))
    expect(await screen.findByText('Not text: there are no lines to compare.')).toBeTruthy()
    expect(screen.getByText('2.00 MB')).toBeTruthy()
    expect(screen.getByText('bbbbbbbbbbbb').title).toBe('b'.repeat(64))
    expect(screen.getByRole('button', { name: 'Copy SHA-256 of layer 1' })).toBeTruthy()
  })

  test.each([
    [{ hunks: null }, 'More text than is compared line by line.'],
    [
      { hunks: null, after: { layer: 1, size: 5, sha256: 'b'.repeat(64) } },
      'More differences than can be told line by line.',
    ],
    [{ hunks: [] }, 'The bytes differ, the text that they stand for does not.'],
    [{ hunks: [], after: { layer: 1, size: 4, sha256: 'a'.repeat(64) } }, 'No difference in content'],
  ])('why there are no lines is said: %j', async (part, words) => {
    await open('etc/motd', async () => compared(part))
    await userEvent.click(await screen.findByRole('radio', { name: 'Changes' }))
    expect(await screen.findByText(words)).toBeTruthy()
  })

  test('a failure is told, and tried again', async () => {
    let tries = 0
    await open('etc/motd', async () => (tries++ === 0 ? Promise.reject(new Error('gone')) : compared()))
    await userEvent.click(await screen.findByRole('button', { name: 'Compare with layer 0' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('region', { name: 'Changed lines' })).toBeTruthy()
  })

  test('files that became something else can be compared all the same', async () => {
    await open('etc/link', async () => compared())
    await userEvent.click(await screen.findByRole('button', { name: 'Compare with layer 0' }))
    expect(await changes()).toBeTruthy()
    await userEvent.click(screen.getByRole('radio', { name: 'Symbolic link' }))
    expect(await screen.findByRole('button', { name: 'Go to target' })).toBeTruthy()
    await waitFor(() => expect(screen.queryByRole('region', { name: /^Changes/ })).toBeNull())
  })
})
