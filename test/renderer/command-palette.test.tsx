import { spotlight } from '@mantine/spotlight'
import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { keyOfSource } from '../../shared/source-name.ts'
import { CommandPalette } from '../../renderer/shell/command-palette.tsx'
import { useShell } from '../../renderer/store.ts'
import { debian, debianRecent } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(() => {
  act(() => spotlight.close())
  resetWindow()
})

const shell = () => useShell.getState()

/** The palette with a text typed into it. */
async function typed(text: string) {
  const user = userEvent.setup()
  act(() => spotlight.open())
  await user.type(await screen.findByRole('textbox', { name: 'Command' }), text)
  return user
}

test('Enter runs the first action of what is typed, and closes it', async () => {
  renderPart(<CommandPalette />)
  const user = await typed('setti')
  await user.keyboard('{Enter}')
  await waitFor(() => expect(shell().page).toBe('settings'))
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Command' })).toBeNull())
})

test('what belongs to an image is offered on an image only', async () => {
  renderPart(<CommandPalette />)
  const user = await typed('show files')
  expect(await screen.findByText('Nothing of that name')).toBeTruthy()
  act(() => shell().showImage(debian, 'debian:12'))
  await user.click(await screen.findByRole('button', { name: /^Show Files/ }))
  await waitFor(() => expect(shell().openImages[0]?.tab).toBe('files'))
})

test('a recent image is found by its short name and opened', async () => {
  const { fake } = renderPart(<CommandPalette />, {
    answers: { images: { recent: async () => [debianRecent] } },
  })
  await waitFor(() => expect(fake.callsOf('images.recent')).toHaveLength(1))
  const user = await typed('debian:12')
  await user.keyboard('{Enter}')
  await waitFor(() => expect(shell().activeImage).toBe(keyOfSource(debian)))
})

test.each([
  ['from an engine', () => shell().engines],
  ['from a registry', () => shell().registries],
])('an image is opened %s', async (text, request) => {
  renderPart(<CommandPalette />)
  const user = await typed(text)
  await user.keyboard('{Enter}')
  await waitFor(() => expect(request()).not.toBeNull())
})

test('a name that nothing has is answered', async () => {
  renderPart(<CommandPalette />)
  await typed('no such thing')
  expect(await screen.findByText('Nothing of that name')).toBeTruthy()
})

test.each([false, true])(
  'all images are searched from any page, an image open or not: %s',
  async (isOpen) => {
    renderPart(<CommandPalette />)
    act(() => {
      if (isOpen) shell().showImage(debian, 'debian:12')
      shell().go('jobs')
    })
    const user = await typed('search all')
    await user.keyboard('{Enter}')
    await waitFor(() => expect(shell().page).toBe('search'))
  },
)
