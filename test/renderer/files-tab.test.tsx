import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FilesTab } from '../../renderer/files/files-tab.tsx'
import { setFilesView } from '../../renderer/image/image-views.ts'
import { useJobStore } from '../../renderer/jobs/job-store.ts'
import { type OpenImage } from '../../renderer/store.ts'
import type { RowsQuery } from '../../shared/files.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { debian, jobState } from '../support/fake-client.ts'
import { directory, entry, symlink } from '../support/entries.ts'
import { fakeImage, stubViewport, type FakeLayer } from '../support/fake-image.ts'
import { renderPart, resetWindow, type RenderOptions } from '../support/render.tsx'

const image: OpenImage = { id: keyOfSource(debian), source: debian, title: 'debian:12', tab: 'files' }

const base: FakeLayer = {
  createdBy: 'ADD rootfs.tar /',
  entries: [
    directory('etc'),
    entry('etc/motd', { size: 300 }),
    entry('etc/secret', { size: 40 }),
    directory('usr'),
    directory('usr/lib'),
    entry('usr/lib/big', { size: 9000 }),
    symlink('bin', 'usr/lib'),
  ],
  contents: { 'etc/motd': 'hello\nworld', 'etc/secret': 'key', 'usr/lib/big': Uint8Array.of(0, 1, 2) },
}
const top: FakeLayer = {
  createdBy: 'RUN /bin/sh -c rm /etc/secret',
  entries: [entry('etc/.wh.secret'), entry('etc/motd', { size: 500 })],
  contents: { 'etc/motd': 'changed' },
}

beforeEach(() => stubViewport())
afterEach(() => {
  resetWindow()
  setFilesView(image.id, {
    tree: { isMerged: true },
    changes: [],
    filter: '',
    expanded: [],
    collapsed: [],
    active: null,
    viewed: null,
    reveal: null,
  })
})

function show(layers: readonly FakeLayer[], options: RenderOptions = {}) {
  const { info, answers } = fakeImage(layers)
  return renderPart(<FilesTab image={image} info={info} />, {
    ...options,
    answers: { ...answers, ...options.answers },
  })
}

const table = (): HTMLElement => screen.getByRole('treegrid', { name: 'Files' })
/** The rows drawn: level, sign and path, as one reads them. */
const names = (): string[] =>
  within(table())
    .queryAllByRole('row')
    .filter((row) => row.hasAttribute('aria-level'))
    .map(
      (row) =>
        `${'  '.repeat(Number(row.getAttribute('aria-level')) - 1)}${row.querySelector('bdi')?.textContent}`,
    )
const activeRow = (): string | null | undefined =>
  document.getElementById(table().getAttribute('aria-activedescendant') ?? '')?.querySelector('bdi')
    ?.textContent

async function untilShown(expected: readonly string[]): Promise<void> {
  await waitFor(() => expect(names()).toEqual(expected))
}

async function press(keys: string): Promise<void> {
  act(() => table().focus())
  await userEvent.keyboard(keys)
}

describe('the tree', () => {
  test('shows the largest first, with level, place and number of siblings', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    const row = screen.getByText('etc').closest('[role=row]')
    expect(row?.getAttribute('aria-level')).toBe('1')
    expect(row?.getAttribute('aria-posinset')).toBe('2')
    expect(row?.getAttribute('aria-setsize')).toBe('3')
    expect(row?.getAttribute('aria-expanded')).toBe('false')
  })

  test('is walked with the keyboard: open, enter, leave, close', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await press('{ArrowRight}')
    await untilShown(['usr', '  lib', 'etc', 'bin'])
    await press('{ArrowRight}')
    await waitFor(() => expect(activeRow()).toBe('lib'))
    await press('{ArrowRight}')
    await untilShown(['usr', '  lib', '    big', 'etc', 'bin'])
    await press('{End}')
    await waitFor(() => expect(activeRow()).toBe('bin'))
    await press('{Home}{ArrowDown}{ArrowDown}')
    await waitFor(() => expect(activeRow()).toBe('big'))
    await press('{ArrowLeft}')
    await waitFor(() => expect(activeRow()).toBe('lib'))
    await press('{ArrowLeft}')
    await untilShown(['usr', '  lib', 'etc', 'bin'])
  })

  test('an asterisk opens all siblings, and typing finds a name', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await press('*')
    await untilShown(['usr', '  lib', 'etc', '  motd', '  secret', 'bin'])
    await press('m')
    await waitFor(() => expect(activeRow()).toBe('motd'))
    await press('o')
    await waitFor(() => expect(activeRow()).toBe('motd'))
  })

  test('says by sign and word what one layer did, and shows what it deleted', async () => {
    show([base, top])
    act(() => setFilesView(image.id, { tree: { layer: 1, isMerged: false }, expanded: ['etc'] }))
    await untilShown(['etc', '  motd', '  secret'])
    const marks = within(table())
      .getAllByRole('row')
      .slice(2)
      .map((row) => within(row).getAllByRole('gridcell')[1]?.textContent)
    expect(marks).toEqual(['~modified', '−deleted'])
  })

  test('keeps the keyboard on its path when the sort changes', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await press('{End}')
    await waitFor(() => expect(activeRow()).toBe('bin'))
    await userEvent.click(screen.getByRole('button', { name: 'Name' }))
    await untilShown(['bin', 'etc', 'usr'])
    await waitFor(() => expect(activeRow()).toBe('bin'))
    expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending')
  })
})

describe('a filter', () => {
  test('shows matches with the directories above them; one that matches nothing says so and can be cleared', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await userEvent.keyboard('{Control>}f{/Control}')
    expect(document.activeElement).toBe(screen.getByLabelText('Filter files'))
    await userEvent.keyboard('big')
    await untilShown(['usr', '  lib', '    big'])
    await userEvent.keyboard('ger')
    await waitFor(() => expect(screen.getByText('No files match')).toBeTruthy())
    await userEvent.click(screen.getByRole('button', { name: 'Show all files' }))
    await untilShown(['usr', 'etc', 'bin'])
  })

  test('of changes leaves only what was changed so, and the way to it', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await userEvent.click(screen.getByRole('button', { name: 'Only modified' }))
    await untilShown(['etc', '  motd'])
  })

  test('opens directories that can be closed and opened again; another filter starts anew', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await userEvent.type(screen.getByLabelText('Filter files'), 'i')
    await untilShown(['usr', '  lib', '    big', 'bin'])
    await press('{Home}{ArrowLeft}')
    await untilShown(['usr', 'bin'])
    await press('{ArrowRight}')
    await untilShown(['usr', '  lib', '    big', 'bin'])
    await press('{ArrowLeft}')
    await untilShown(['usr', 'bin'])
    await userEvent.type(screen.getByLabelText('Filter files'), 'b')
    await untilShown(['usr', '  lib'])
  })

  test('that is taken away leaves the row in view that the keyboard was on', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await userEvent.type(screen.getByLabelText('Filter files'), 'motd')
    await untilShown(['etc', '  motd'])
    await press('{ArrowDown}')
    await waitFor(() => expect(activeRow()).toBe('motd'))
    await userEvent.click(screen.getByRole('button', { name: 'Clear filter' }))
    await untilShown(['usr', 'etc', '  motd', '  secret', 'bin'])
    await waitFor(() => expect(activeRow()).toBe('motd'))
  })
})

describe('a path', () => {
  test('that is pasted comes into view with the directories above it open', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await userEvent.click(screen.getByRole('button', { name: 'Type or paste a path' }))
    await userEvent.keyboard('./usr/lib//big{Enter}')
    await untilShown(['usr', '  lib', '    big', 'etc', 'bin'])
    await waitFor(() => expect(activeRow()).toBe('big'))
    expect(screen.getByRole('navigation', { name: 'Path' }).textContent).toContain('big')
  })

  test('that is not there is named, and nothing moves', async () => {
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    await userEvent.click(screen.getByRole('button', { name: 'Type or paste a path' }))
    await userEvent.keyboard('/no/such{Enter}')
    await waitFor(() => expect(screen.getByText('/no/such is not here')).toBeTruthy())
    expect(names()).toEqual(['usr', 'etc', 'bin'])
  })
})

describe('the viewer', () => {
  test("shows a file's text, what made it, and its life through the layers", async () => {
    show([base, top])
    act(() => setFilesView(image.id, { expanded: ['etc'] }))
    await userEvent.click(await screen.findByText('motd'))
    expect(await screen.findByText('changed')).toBeTruthy()
    const history = await screen.findByRole('list', { name: 'History' })
    expect(history.textContent).toMatch(/Layer 0: added.*Layer 1: modified/)
    await userEvent.click(within(history).getByRole('button', { name: /Layer 0/ }))
    expect(await screen.findByText('world')).toBeTruthy()
  })

  test('shows a deleted file as it was before, and which layer deleted it', async () => {
    show([base, top])
    act(() => setFilesView(image.id, { tree: { layer: 1, isMerged: false }, expanded: ['etc'] }))
    await userEvent.click(await screen.findByText('secret'))
    expect(await screen.findByText('key')).toBeTruthy()
    expect(screen.getByText('Deleted by layer 1. Shown as layer 0 left it.')).toBeTruthy()
    expect(screen.getByRole('list', { name: 'History' }).textContent).toContain('with etc/.wh.secret')
  })

  test('shows what the whole image has no more from the layer that had it, and saves it', async () => {
    const middle: FakeLayer = {
      createdBy: 'COPY key /etc/key',
      entries: [entry('etc/key', { size: 3 }), entry('etc/.wh.secret')],
      contents: { 'etc/key': 'abc' },
    }
    const last: FakeLayer = { createdBy: 'RUN rm /etc/key', entries: [entry('etc/.wh.key')] }
    const pickSave = vi.fn(async () => '/out/key')
    const { fake } = show([base, middle, last], { host: { pickSave } })
    await userEvent.click(await screen.findByRole('button', { name: 'Only deleted' }))
    await userEvent.click(await screen.findByText('key'))
    expect(await screen.findByText('abc')).toBeTruthy()
    expect(screen.getByText('Deleted by layer 2. Shown as layer 1 left it.')).toBeTruthy()
    const history = await screen.findByRole('list', { name: 'History' })
    expect(history.textContent).toMatch(/Layer 1: added.*Layer 2: deleted/)
    await userEvent.click(screen.getByRole('button', { name: 'Save…' }))
    fireEvent.contextMenu(within(table()).getByText('key'))
    await userEvent.click(await screen.findByText('Save as…'))
    const saved = { path: 'etc/key', layer: 1, isMerged: true, destination: '/out/key' }
    await waitFor(() =>
      expect(fake.callsOf('jobs.submit')).toEqual([
        { kind: 'save-path', input: debian, ...saved },
        { kind: 'save-path', input: debian, ...saved },
      ]),
    )
  })

  test('is closed with Esc, and the keyboard is on the rows again', async () => {
    show([base, top])
    act(() => setFilesView(image.id, { expanded: ['etc'] }))
    await userEvent.click(await screen.findByText('motd'))
    await userEvent.click(await screen.findByRole('region', { name: 'Text' }))
    await userEvent.keyboard('{Escape}')
    await waitFor(() => expect(screen.queryByRole('region', { name: 'File' })).toBeNull())
    expect(document.activeElement).toBe(table())
  })

  test('shows bytes that are no text as hex', async () => {
    show([base, top])
    act(() => setFilesView(image.id, { expanded: ['usr', 'usr/lib'] }))
    await userEvent.click(await screen.findByText('big'))
    expect(await screen.findByText(/^00 01 02/)).toBeTruthy()
  })

  test('follows a symbolic link inside the image', async () => {
    show([base, top])
    await userEvent.click(await screen.findByText('bin'))
    await userEvent.click(await screen.findByRole('button', { name: 'Go to target' }))
    await untilShown(['usr', '  lib', 'etc', 'bin'])
    await waitFor(() => expect(activeRow()).toBe('lib'))
  })

  test('says why a file cannot be read', async () => {
    const { answers } = fakeImage([base, top])
    const read = async (): Promise<never> => {
      throw Object.assign(new Error('gone'), { name: 'AbortError' })
    }
    show([base, top], { answers: { files: { ...answers.files, read } } })
    act(() => setFilesView(image.id, { expanded: ['etc'] }))
    await userEvent.click(await screen.findByText('motd'))
    expect(await screen.findByRole('alert')).toBeTruthy()
  })
})

describe('what can be done with a path', () => {
  test('a file is saved by a job, to where the person said', async () => {
    const pickSave = vi.fn(async () => '/out/motd')
    const { fake } = show([base, top], { host: { pickSave } })
    act(() => setFilesView(image.id, { tree: { layer: 0, isMerged: true }, expanded: ['etc'] }))
    fireEvent.contextMenu(await screen.findByText('motd'))
    await userEvent.click(await screen.findByText('Save as…'))
    expect(pickSave).toHaveBeenCalledWith(expect.objectContaining({ suggestedName: 'motd' }))
    await waitFor(() =>
      expect(fake.callsOf('jobs.submit')).toEqual([
        {
          kind: 'save-path',
          input: debian,
          path: 'etc/motd',
          layer: 0,
          isMerged: true,
          destination: '/out/motd',
        },
      ]),
    )
  })

  test('a dismissed dialog saves nothing', async () => {
    const { fake } = show([base, top])
    fireEvent.contextMenu(await screen.findByText('etc'))
    await userEvent.click(await screen.findByText('Save folder as tar…'))
    expect(fake.callsOf('jobs.submit')).toEqual([])
  })

  test('its path is copied as the container would write it', async () => {
    const user = userEvent.setup()
    show([base, top])
    await untilShown(['usr', 'etc', 'bin'])
    act(() => table().focus())
    await user.keyboard('{ArrowDown}')
    await waitFor(() => expect(activeRow()).toBe('etc'))
    await user.keyboard('{Control>}c{/Control}')
    await waitFor(async () => expect(await navigator.clipboard.readText()).toBe('/etc'))
  })

  test('it is shown in the layer it comes from', async () => {
    show([base, top])
    act(() => setFilesView(image.id, { expanded: ['etc'] }))
    fireEvent.contextMenu(await screen.findByText('motd'))
    await userEvent.click(await screen.findByText('Show in layer 1'))
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Layers shown: Only layer 1' })).toBeTruthy(),
    )
    await untilShown(['etc', '  motd', '  secret'])
  })
})

test('names are text, whatever they say', async () => {
  const hostile = '<img src=x onerror=alert(1)>\u0007'
  const turned = Buffer.from('a\u202egnp').toString('latin1')
  show([{ createdBy: '', entries: [entry(hostile), entry(turned)] }])
  await waitFor(() => expect(names()).toContain('<img src=x onerror=alert(1)>\\x07'))
  expect(names()).toContain('a\\u{202e}gnp')
  expect(document.querySelector('img')).toBeNull()
})

test('of 100,000 rows only those in view are asked for and drawn', async () => {
  const entries = Array.from({ length: 100_000 }, (_, i) => entry(`f${String(i).padStart(6, '0')}`))
  const { fake } = show([{ createdBy: '', entries }])
  await waitFor(() => expect(names().length).toBeGreaterThan(10))
  expect(names().length).toBeLessThan(60)
  await press('{End}')
  // jsdom keeps a scroll position and tells nobody.
  fireEvent.scroll(within(table()).getAllByRole('rowgroup')[0]!)
  await waitFor(() => expect(activeRow()).toBe('f099999'))
  expect(names().length).toBeLessThan(60)
  const windows = fake.callsOf('files.rows').map((input) => (input as { query: RowsQuery }).query.offset)
  expect(new Set(windows)).toEqual(new Set([0, 99_800]))
})

describe('layers that nobody has read yet', () => {
  const pending: FakeLayer = { ...top, isPending: true }

  test('are read by one job, and the page says how far it is', async () => {
    const { fake } = show([base, pending])
    expect(await screen.findByText('Reading layers: 2 of 2')).toBeTruthy()
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toEqual([{ kind: 'index', input: debian }]))
  })

  test('are asked for again when the job has read more', async () => {
    const { fake } = show([base, pending])
    await screen.findByText('Reading layers: 2 of 2')
    const before = fake.callsOf('files.rows').length
    act(() => useJobStore.getState().update([jobState({ id: 'a', phase: 'running' })], []))
    act(() => useJobStore.getState().update([jobState({ id: 'a', phase: 'done' })], []))
    await waitFor(() => expect(fake.callsOf('files.rows').length).toBeGreaterThan(before))
  })

  test('that cannot be read are named with the reason', async () => {
    const error = { code: 'digest-mismatch', message: 'Layer 1 is not what its digest says.' } as const
    useJobStore.getState().update([jobState({ id: 'a', phase: 'failed', error })], [])
    show([base, pending])
    expect(
      await screen.findByText(/1 layer could not be read.*Layer 1 is not what its digest says/),
    ).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
  })
})
