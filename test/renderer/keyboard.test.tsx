import { Modal } from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { keyOfSource } from '../../shared/source-name.ts'
import { CommandPalette } from '../../renderer/shell/command-palette.tsx'
import { KeyList } from '../../renderer/shell/key-list.tsx'
import { useKeyboard } from '../../renderer/shell/use-keyboard.ts'
import { useShell } from '../../renderer/store.ts'
import { debian } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

function Keyed() {
  useKeyboard()
  return (
    <>
      <input aria-label="text" />
      <KeyList />
      <CommandPalette />
    </>
  )
}

const press = (key: string, more: KeyboardEventInit = {}, target: Element | Window = window): boolean =>
  fireEvent.keyDown(target, { key, ...more })
const shell = () => useShell.getState()

describe('anywhere', () => {
  test('Ctrl+O and ⌘O open a file, Alt+O a folder, unless it is typed', async () => {
    const pickOpen = vi.fn(async () => null)
    renderPart(<Keyed />, { host: { pickOpen } })
    press('o', { ctrlKey: true })
    press('o', { metaKey: true })
    press('ø', { altKey: true, code: 'KeyO' })
    press('ø', { altKey: true, code: 'KeyO' }, screen.getByLabelText('text'))
    expect(pickOpen.mock.calls).toEqual([
      [{ folders: false, purpose: 'open' }],
      [{ folders: false, purpose: 'open' }],
      [{ folders: true, purpose: 'open' }],
    ])
  })

  test('Ctrl+, goes to the settings and Ctrl+K opens the palette; the browser’s own meaning is prevented', async () => {
    renderPart(<Keyed />)
    expect(press(',', { ctrlKey: true })).toBe(false)
    expect(shell().page).toBe('settings')
    expect(press('k', { ctrlKey: true })).toBe(false)
    expect(await screen.findByRole('textbox', { name: 'Command' })).toBeTruthy()
    act(() => spotlight.close())
  })

  test('Ctrl+Shift+E opens from an engine, Ctrl+Shift+O from a registry', () => {
    renderPart(<Keyed />)
    expect(press('E', { ctrlKey: true, shiftKey: true })).toBe(false)
    expect(shell().engines).toEqual({ socket: null })
    expect(press('O', { ctrlKey: true, shiftKey: true })).toBe(false)
    expect(shell().registries).toEqual({ text: '', isWhole: false })
  })

  test('? lists the keys, but is a letter in a text box', async () => {
    renderPart(<Keyed />)
    press('?', {}, screen.getByLabelText('text'))
    expect(shell().isKeysShown).toBe(false)
    press('?')
    expect((await screen.findByRole('dialog', { name: 'Keys' })).textContent).toContain('Export the image')
  })

  test('keys nobody bound are left alone', () => {
    renderPart(<Keyed />)
    expect(press('s', { ctrlKey: true })).toBe(true)
    expect(press('a')).toBe(true)
  })
})

describe('on an image', () => {
  test.each([
    [{ ctrlKey: true, code: 'Digit1', key: '1' }, 'overview'],
    [{ metaKey: true, code: 'Digit2', key: '2' }, 'layers'],
    [{ altKey: true, code: 'Digit3', key: '3' }, 'files'],
    // Alt changes the letter on a Mac: the key's place counts.
    [{ altKey: true, code: 'Digit4', key: '¢' }, 'search'],
  ])('%j shows its tab: %s', (init, tab) => {
    shell().showImage(debian, 'debian', tab === 'overview' ? 'files' : 'overview')
    renderPart(<Keyed />)
    fireEvent.keyDown(window, init)
    expect(shell().openImages[0]?.tab).toBe(tab)
  })

  test('Ctrl+Shift+F searches from any page, Ctrl+E exports', () => {
    shell().showImage(debian, 'debian')
    shell().go('jobs')
    renderPart(<Keyed />)
    press('F', { ctrlKey: true, shiftKey: true })
    expect([shell().page, shell().openImages[0]?.tab, shell().searchFocus]).toEqual(['image', 'search', 1])
    press('e', { ctrlKey: true })
    expect(shell().exporting && keyOfSource(shell().exporting!)).toBe(keyOfSource(debian))
  })

  test('Ctrl+Shift+F searches all images where none is open', () => {
    renderPart(<Keyed />)
    press('F', { ctrlKey: true, shiftKey: true })
    expect([shell().page, shell().searchFocus]).toEqual(['search', 1])
  })

  test('while a dialog is open its keys are its own', async () => {
    shell().showImage(debian, 'debian')
    renderPart(
      <>
        <Keyed />
        <Modal opened onClose={() => {}} title="A dialog">
          text
        </Modal>
      </>,
    )
    await screen.findByRole('dialog', { name: 'A dialog' })
    press('e', { ctrlKey: true })
    expect(shell().exporting).toBeNull()
  })
})

test('Esc closes the top thing only: the sidebar that lies over the page', async () => {
  renderPart(<Keyed />)
  shell().toggleSidebar(true)
  press('Escape')
  await waitFor(() => expect(shell().isSidebarOver).toBe(false))
})
