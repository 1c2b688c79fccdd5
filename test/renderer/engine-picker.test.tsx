import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EnginePicker } from '../../renderer/engines/engine-picker.tsx'
import { useShell } from '../../renderer/store.ts'
import { ImageError } from '../../shared/errors.ts'
import type { EngineImage } from '../../shared/remote.ts'
import { settingsSchema } from '../../shared/settings.ts'
import {
  debianInfo,
  digestOf,
  docker,
  engineImage,
  podman,
  untilAborted,
  type Answers,
} from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

const DAY = 86_400_000
const images: EngineImage[] = [
  engineImage({
    id: digestOf('a'),
    references: ['debian:12', 'debian:bookworm'],
    created: Date.now() - 3 * DAY,
  }),
  engineImage({ id: digestOf('b'), references: ['acme/web:2'], created: Date.now() - DAY, size: 9_000_000 }),
  engineImage({ id: digestOf('c'), created: Date.now() - 2 * DAY, containers: 2 }),
]

function renderPicker(engines: NonNullable<Answers['engines']> = {}, more: Answers = {}, socket?: string) {
  const result = renderPart(<EnginePicker />, {
    answers: {
      ...more,
      engines: { list: async () => [docker], images: async () => images, ...engines },
    },
  })
  act(() => useShell.getState().openEngines(socket))
  return result
}

const table = () => screen.findByRole('grid', { name: 'Images of Docker' })
const box = () => screen.getByRole('combobox', { name: 'Filter by name, tag or ID' })
const lines = async () =>
  within(await table())
    .getAllByRole('row')
    .slice(1)
    .map((row) =>
      within(row)
        .getAllByRole('gridcell')
        .slice(1, 3)
        .map((cell) => cell.textContent)
        .join(' '),
    )
const chosen = async () =>
  within(await table())
    .queryAllByRole('row', { selected: true })
    .map((row) => row.textContent)

describe('the table', () => {
  test('has a line for each name, newest first, and sums up each image once', async () => {
    renderPicker()
    await table()
    expect(await lines()).toEqual(['acme/web 2', '<none>in use <none>', 'debian 12', 'debian bookworm'])
    expect(screen.getByText(/3 images/).textContent).toBe('3 images in Docker, 11.0 MB')
    expect(within(await table()).getByTitle('Used by 2 containers')).toBeTruthy()
  })

  test('is sorted by a click on its head, which is remembered', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker()
    await table()
    await user.click(screen.getByRole('button', { name: 'Name' }))
    expect(await lines()).toEqual(['acme/web 2', 'debian 12', 'debian bookworm', '<none>in use <none>'])
    expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending')
    await waitFor(() =>
      expect(fake.callsOf('settings.set')).toEqual([
        { view: { 'engines.sort': { by: 'name', isDescending: false } } },
      ]),
    )
  })

  test('a sort order of before is there again', async () => {
    renderPicker(
      {},
      {
        settings: {
          get: async () =>
            settingsSchema.parse({ view: { 'engines.sort': { by: 'size', isDescending: false } } }),
        },
      },
    )
    await table()
    await waitFor(async () => expect((await lines()).at(-1)).toBe('acme/web 2'))
  })

  test('images without a name can be left out', async () => {
    const user = userEvent.setup()
    renderPicker()
    await table()
    await user.click(screen.getByRole('switch', { name: 'Unnamed (1)' }))
    expect(await lines()).toEqual(['acme/web 2', 'debian 12', 'debian bookworm'])
  })

  test('names of a hostile image are text', async () => {
    renderPicker({
      images: async () => [engineImage({ id: digestOf('d'), references: ['<b>x</b>\u202e:1'] })],
    })
    expect((await table()).textContent).toContain('<b>x</b>\\u{202e}')
  })

  test('two thousand lines are only drawn where they are seen', async () => {
    const many = Array.from({ length: 2000 }, (_, at) =>
      engineImage({ id: digestOf('e'), references: [`app:${at}`], created: at }),
    )
    renderPicker({ images: async () => many })
    const grid = await table()
    expect(grid.getAttribute('aria-rowcount')).toBe('2001')
    expect(within(grid).getAllByRole('row').length).toBeLessThan(80)
    const user = userEvent.setup()
    await user.type(box(), 'app:1999')
    expect(await lines()).toEqual(['app 1999'])
  })
})

describe('opening', () => {
  const opened = () => useShell.getState().openImages.map(({ source }) => source)

  test('by keyboard alone: type, arrow, Enter', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker()
    await table()
    await waitFor(() => expect(document.activeElement).toBe(box()))
    await user.keyboard('deb{ArrowDown}{Enter}')
    await waitFor(() =>
      expect(opened()).toEqual([{ kind: 'docker', image: 'debian:bookworm', socket: docker.socket }]),
    )
    expect(useShell.getState().engines).toBeNull()
    expect(fake.callsOf('jobs.submit'), 'its layers wait until somebody looks').toEqual([])
    expect(fake.callsOf('images.inspect')).toEqual([
      { source: { kind: 'docker', image: 'debian:bookworm', socket: docker.socket }, isFresh: true },
    ])
  })

  test('Enter at once opens what is on top; End goes to the last line', async () => {
    const user = userEvent.setup()
    renderPicker()
    await table()
    expect(await chosen()).toEqual([expect.stringContaining('acme/web')])
    await waitFor(() => expect(document.activeElement).toBe(box()))
    await user.keyboard('{End}')
    expect(await chosen()).toEqual([expect.stringContaining('bookworm')])
    await user.keyboard('{Home}{Enter}')
    await waitFor(() => expect(opened()).toMatchObject([{ image: 'acme/web:2' }]))
  })

  test('a double click; what has no name goes by its ID, and is called by twelve digits of it', async () => {
    const user = userEvent.setup()
    renderPicker({}, { images: { inspect: async () => ({ ...debianInfo, references: [] }) } })
    await user.dblClick(within(await table()).getAllByRole('row')[2]!)
    await waitFor(() => expect(opened()).toMatchObject([{ kind: 'docker', image: digestOf('c') }]))
    expect(useShell.getState().openImages[0]?.title).toBe('cccccccccccc')
  })

  test('several: Shift takes a range, the boxes one more', async () => {
    const user = userEvent.setup()
    renderPicker()
    await table()
    await waitFor(() => expect(document.activeElement).toBe(box()))
    await user.keyboard('{ArrowDown}{Shift>}{ArrowDown}{/Shift}')
    expect(screen.getByRole('button', { name: 'Open 2 images' })).toBeTruthy()
    await user.click(screen.getByRole('checkbox', { name: 'Choose acme/web:2' }))
    await user.click(screen.getByRole('button', { name: 'Open 3 images' }))
    await waitFor(() => expect(opened()).toHaveLength(3))
  })

  test('letters in the table go to the filter, Space chooses', async () => {
    const user = userEvent.setup()
    renderPicker()
    const grid = await table()
    act(() => grid.focus())
    await user.keyboard(' ')
    expect(await chosen()).toEqual([])
    expect(screen.getByRole('button', { name: 'Open' }).hasAttribute('disabled')).toBe(true)
    await user.keyboard('web')
    expect(await lines()).toEqual(['acme/web 2'])
  })
})

describe('following the engine', () => {
  test('a change is seen without asking', async () => {
    let now = images.slice(0, 1)
    let tell = (): void => {}
    const change = vi
      .fn<(input: unknown, options?: { signal?: AbortSignal }) => Promise<{ isChanged: boolean }>>()
      .mockImplementationOnce(
        () =>
          new Promise((resolve) => {
            tell = () => resolve({ isChanged: true })
          }),
      )
      .mockImplementation((_, options) => untilAborted(options?.signal))
    renderPicker({ images: async () => now, change })
    await table()
    expect(await lines()).toHaveLength(2)
    now = images
    act(() => tell())
    await waitFor(async () => expect(await lines()).toHaveLength(4))
    expect(change).toHaveBeenCalledTimes(2)
  })

  test('an engine that goes away says so over the images of before', async () => {
    let fail = (): void => {}
    renderPicker({
      change: () =>
        new Promise((_resolve, reject) => {
          fail = () => reject(new ImageError('engine', 'Docker does not answer any more.'))
        }),
    })
    await table()
    await waitFor(async () => expect(await lines()).toHaveLength(4))
    await new Promise((resolve) => setTimeout(resolve, 5))
    act(() => fail())
    expect(await screen.findByText(/Docker does not answer any more\. Trying again/)).toBeTruthy()
    expect(await lines()).toHaveLength(4)
  })

  test('the other side is not listened to any more once it is closed', async () => {
    let signal: AbortSignal | undefined
    renderPicker({
      change: (_, options) => {
        signal = options?.signal
        return untilAborted(options?.signal)
      },
    })
    await table()
    await waitFor(() => expect(signal?.aborted).toBe(false))
    act(() => useShell.getState().closeEngines())
    await waitFor(() => expect(signal?.aborted).toBe(true))
  })

  test('Refresh asks at once', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker()
    await table()
    await user.click(screen.getByRole('button', { name: 'Refresh' }))
    await waitFor(() => expect(fake.callsOf('engines.images')).toHaveLength(2))
  })
})

describe('honest states', () => {
  test('no engine: where one was looked for, what starts one, and another look', async () => {
    const user = userEvent.setup()
    let engines = [] as (typeof docker)[]
    renderPicker({ list: async () => engines })
    expect(await screen.findByText('No engine found')).toBeTruthy()
    expect(screen.getByText('systemctl --user start podman.socket')).toBeTruthy()
    engines = [docker]
    await user.click(screen.getByRole('button', { name: 'Look again' }))
    expect(await table()).toBeTruthy()
  })

  test('on a Mac it is started otherwise', async () => {
    renderPart(<EnginePicker />, { info: { platform: 'darwin' } })
    act(() => useShell.getState().openEngines())
    expect(await screen.findByText('podman machine start')).toBeTruthy()
    expect(screen.queryByText(/systemctl/)).toBeNull()
  })

  test('an engine without images says how one comes there', async () => {
    renderPicker({ images: async () => [] })
    expect(await screen.findByText('Docker has no images')).toBeTruthy()
    expect(screen.getByText('docker pull debian:12')).toBeTruthy()
  })

  test('a filter that matched nothing is cleared by a button', async () => {
    const user = userEvent.setup()
    renderPicker()
    await table()
    await user.type(box(), 'zzz')
    expect(await screen.findByText('No image matches')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Open' }).hasAttribute('disabled')).toBe(true)
    expect(await screen.findByText('0 images of 4 shown')).toBeTruthy()
    await user.click(screen.getByRole('button', { name: 'Clear the filter' }))
    await waitFor(async () => expect(await lines()).toHaveLength(4))
  })

  test('one that cannot be reached says why and what to do, and is tried again', async () => {
    const user = userEvent.setup()
    let engines = [docker, podman]
    const { fake } = renderPicker({ list: async () => engines }, {}, podman.socket)
    const note = await screen.findByRole('alert')
    expect(note.textContent).toContain('Podman (rootless) is not running.')
    expect(note.textContent).toContain('systemctl --user start podman.socket')
    expect(fake.callsOf('engines.images'), 'what does not answer is not asked').toEqual([])
    engines = [docker, { ...podman, state: 'ready' }]
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('grid', { name: 'Images of Podman (rootless)' })).toBeTruthy()
  })

  test('images that cannot be listed are an error with Try again', async () => {
    const user = userEvent.setup()
    let isBroken = true
    renderPicker({
      images: async () => {
        if (isBroken) throw new ImageError('engine', 'Docker answered with nonsense.')
        return images
      },
    })
    expect((await screen.findByRole('alert')).textContent).toContain('Docker answered with nonsense.')
    isBroken = false
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(async () => expect(await lines()).toHaveLength(4))
  })
})

test('with several engines one is chosen, and the default one to begin with', async () => {
  const user = userEvent.setup()
  const other = { ...docker, socket: '/other.sock', name: 'colima', isDefault: false }
  const { fake } = renderPicker({ list: async () => [other, docker, podman] })
  await table()
  expect(screen.getAllByRole('radio').map((radio) => radio.closest('label')?.textContent)).toEqual([
    'colima28.0.1',
    'Docker28.0.1',
    'Podman (rootless)stopped',
  ])
  expect(screen.getByRole('radio', { name: /^Docker/, checked: true })).toBeTruthy()
  await user.click(screen.getByRole('radio', { name: /^colima/ }))
  expect(await screen.findByRole('grid', { name: 'Images of colima' })).toBeTruthy()
  expect(fake.callsOf('engines.images')).toEqual([{ socket: docker.socket }, { socket: '/other.sock' }])
})
