import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import { createHost } from '../../renderer/host.ts'
import { crumbsOf } from '../../renderer/pickers/path-box.tsx'
import { PathPicker } from '../../renderer/pickers/path-picker.tsx'
import type { FolderEntry } from '../../shared/contract.ts'
import { ImageError } from '../../shared/errors.ts'
import { fakeInfo } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

const entry = (path: string, type: FolderEntry['type']): FolderEntry => ({
  name: path.split('/').at(-1) ?? '',
  path,
  type,
  size: type === 'file' ? 2000 : 0,
  mtime: Date.now(),
})

const disk: Record<string, FolderEntry[]> = {
  '/home/ada': [
    entry('/home/ada/images', 'directory'),
    entry('/home/ada/a.tar', 'file'),
    entry('/home/ada/b.tar', 'file'),
  ],
  '/home/ada/images': [entry('/home/ada/images/debian.tar', 'file')],
  '/home': [entry('/home/ada', 'directory')],
}

/** The picker over a small disk; `host` is the browser's, so that its own code asks. */
function renderPicker() {
  const result = renderPart(<PathPicker />, {
    answers: {
      picker: {
        list: async ({ path = '/home/ada' }) => {
          const entries = disk[path]
          if (!entries) throw new ImageError('not-found', `${path} does not exist.`)
          return { path, parent: path.slice(0, path.lastIndexOf('/')) || null, entries, isTruncated: false }
        },
      },
    },
  })
  return { ...result, host: createHost(result.fake.client, fakeInfo, undefined) }
}

describe('to open', () => {
  test('by keyboard alone: into a folder, to a file by its first letter', async () => {
    const user = userEvent.setup()
    const { host, fake } = renderPicker()
    const picked = host.pickOpen({ folders: false, purpose: 'open' })
    await screen.findByRole('option', { name: /images/ })
    screen.getByRole('listbox').focus()
    await user.keyboard('{ArrowDown}{Enter}')
    await screen.findByRole('option', { name: /debian.tar/ })
    expect(document.activeElement).toBe(screen.getByRole('listbox'))
    await user.keyboard('{Backspace}')
    await screen.findByRole('option', { name: /a.tar/ })
    await user.keyboard('b{Enter}')
    await expect(picked).resolves.toEqual(['/home/ada/b.tar'])
    expect(fake.callsOf('picker.choose'), 'reading needs no leave to write').toEqual([])
    expect(fake.callsOf('settings.set')).toEqual([{ folders: { open: '/home/ada' } }])
  })

  test('Open is offered once a file is chosen, and a double click takes it', async () => {
    const user = userEvent.setup()
    const { host } = renderPicker()
    const picked = host.pickOpen({ folders: false, purpose: 'open' })
    await user.click(await screen.findByRole('option', { name: /images/ }))
    expect(screen.getByRole('button', { name: 'Open' }).hasAttribute('disabled')).toBe(true)
    await user.dblClick(screen.getByRole('option', { name: /a.tar/ }))
    await expect(picked).resolves.toEqual(['/home/ada/a.tar'])
  })

  test('Esc dismisses it, which is no failure', async () => {
    const user = userEvent.setup()
    const { host } = renderPicker()
    const picked = host.pickOpen({ folders: false, purpose: 'open' })
    await screen.findByRole('option', { name: /images/ })
    await user.keyboard('{Escape}')
    await expect(picked).resolves.toBeNull()
  })

  test('a path can be typed; one that is not there says so and leads back', async () => {
    const user = userEvent.setup()
    const { host } = renderPicker()
    void host.pickOpen({ folders: false, purpose: 'open' })
    await user.click(await screen.findByRole('button', { name: 'Type a path' }))
    const box = screen.getByRole('textbox', { name: 'Path' })
    await user.clear(box)
    await user.type(box, '/nowhere{Enter}')
    expect(await screen.findByText('/nowhere does not exist.')).toBeTruthy()
    await user.click(screen.getByRole('button', { name: 'Go to the home folder' }))
    expect(await screen.findByRole('option', { name: /images/ })).toBeTruthy()
  })
})

describe('to save', () => {
  test('the name is suggested, a file of that name is told, and the place may be written afterwards', async () => {
    const user = userEvent.setup()
    const { host, fake } = renderPicker()
    const picked = host.pickSave({ suggestedName: 'a.tar', purpose: 'export' })
    expect(await screen.findByText('A file of this name is here and will be replaced.')).toBeTruthy()
    const name = screen.getByLabelText<HTMLInputElement>('Name')
    await user.clear(name)
    expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true)
    await user.type(name, 'new.tar')
    await user.click(screen.getByRole('button', { name: 'Save' }))
    await expect(picked).resolves.toBe('/home/ada/new.tar')
    expect(fake.callsOf('picker.choose')).toEqual([{ path: '/home/ada/new.tar' }])
  })

  test.each(['../x', 'a/b', '..', ' '])('“%s” is no name of a file', async (text) => {
    const user = userEvent.setup()
    const { host } = renderPicker()
    void host.pickSave({ suggestedName: 'x', purpose: 'export' })
    const name = await screen.findByLabelText('Name')
    await user.clear(name)
    await user.type(name, text)
    expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true)
  })

  test('a folder is the one that is shown, or the one that is chosen in it; files are not listed', async () => {
    const user = userEvent.setup()
    const { host } = renderPicker()
    const picked = host.pickFolder({ purpose: 'export-folder' })
    await screen.findByRole('option', { name: /images/ })
    expect(screen.queryByRole('option', { name: /a.tar/ })).toBeNull()
    expect(screen.getByRole('button', { name: 'Choose ada' })).toBeTruthy()
    await user.click(screen.getByRole('option', { name: /images/ }))
    await user.click(screen.getByRole('button', { name: 'Choose images' }))
    await expect(picked).resolves.toBe('/home/ada/images')
  })

  test('a new folder is made where one is, and entered', async () => {
    const user = userEvent.setup()
    disk['/home/ada/new'] = []
    const { host, fake } = renderPicker()
    const picked = host.pickFolder({ purpose: 'export-folder' })
    await user.click(await screen.findByRole('button', { name: 'New folder' }))
    await user.type(await screen.findByLabelText('Name of the new folder'), 'new{Enter}')
    await waitFor(() =>
      expect(fake.callsOf('picker.createFolder')).toEqual([{ parent: '/home/ada', name: 'new' }]),
    )
    await user.click(await screen.findByRole('button', { name: 'Choose new' }))
    await expect(picked).resolves.toBe('/home/ada/new')
  })
})

test('the way to a folder is one button each', async () => {
  expect(crumbsOf('/home/ada', '/')).toEqual([
    { name: '/', path: '/' },
    { name: 'home', path: '/home' },
    { name: 'ada', path: '/home/ada' },
  ])
  expect(crumbsOf('C:\\Users\\ada', '\\').map(({ path }) => path)).toEqual([
    'C:\\',
    'C:\\Users',
    'C:\\Users\\ada',
  ])
  const user = userEvent.setup()
  const { host } = renderPicker()
  void host.pickOpen({ folders: false, purpose: 'open' })
  const way = await screen.findByRole('navigation', { name: 'Folders on the way' })
  await user.click(await within(way).findByRole('button', { name: 'home' }))
  expect(await screen.findByRole('option', { name: /ada/ })).toBeTruthy()
})
