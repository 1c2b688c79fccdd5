import { Modal } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
import { DropOverlay } from '../../renderer/shell/drop-overlay.tsx'
import { useShell } from '../../renderer/store.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

/** What a browser hands over with a drag; jsdom has no DataTransfer. */
function transferOf(names: readonly string[], folders: readonly string[] = []) {
  const item = (name: string, isDirectory: boolean) => ({
    kind: 'file',
    getAsFile: () => new File(['x'], name),
    webkitGetAsEntry: () => ({ isDirectory }),
  })
  return {
    types: ['Files'],
    items: [...names.map((name) => item(name, false)), ...folders.map((name) => item(name, true))],
    dropEffect: 'copy',
  }
}

const overlay = (
  <>
    <DropOverlay />
    <Notifications />
  </>
)

describe('while files are dragged over the window', () => {
  test.each([
    [['a.tar'], 'Open this image'],
    [['a.tar', 'b.tar', 'c.tar'], 'Open 3 images'],
  ])('%j: the overlay names what will happen: %s', (names, words) => {
    renderPart(overlay)
    fireEvent.dragEnter(window, { dataTransfer: transferOf(names) })
    expect(screen.getByText(words)).toBeTruthy()
  })

  test('it goes when they leave the window, not when they pass from one part to another', () => {
    renderPart(overlay)
    const dataTransfer = transferOf(['a.tar'])
    fireEvent.dragEnter(window, { dataTransfer })
    fireEvent.dragEnter(document.body, { dataTransfer })
    fireEvent.dragLeave(window, { dataTransfer })
    expect(screen.getByText('Open this image')).toBeTruthy()
    fireEvent.dragLeave(document.body, { dataTransfer })
    expect(screen.queryByText('Open this image')).toBeNull()
  })

  test('text that is dragged is none of its business', () => {
    renderPart(overlay)
    fireEvent.dragEnter(window, { dataTransfer: { types: ['text/plain'], items: [] } })
    expect(screen.queryByText(/Open/)).toBeNull()
  })

  test('while a dialog is open they are refused, and a drop does nothing', async () => {
    const { fake } = renderPart(
      <>
        {overlay}
        <Modal opened onClose={() => {}} title="A dialog">
          text
        </Modal>
      </>,
    )
    const dataTransfer = transferOf(['a.tar'])
    fireEvent.dragEnter(window, { dataTransfer })
    expect(screen.getByText('Close the dialog first')).toBeTruthy()
    fireEvent.dragOver(window, { dataTransfer })
    expect(dataTransfer.dropEffect).toBe('none')
    fireEvent.drop(window, { dataTransfer })
    await act(async () => {})
    expect(fake.callsOf('images.recognise')).toEqual([])
  })
})

describe('dropped', () => {
  test('several files open several images', async () => {
    const { fake } = renderPart(overlay)
    fireEvent.drop(window, { dataTransfer: transferOf(['a.tar', 'b.tar']) })
    await waitFor(() => expect(useShell.getState().page).toBe('image'))
    expect(fake.callsOf('images.recognise')).toEqual([{ path: '/dropped/a.tar' }, { path: '/dropped/b.tar' }])
  })

  test('a folder is opened in Electron, and refused with a reason in a browser', async () => {
    const electron = renderPart(overlay, { info: { host: 'electron' } })
    fireEvent.drop(window, { dataTransfer: transferOf([], ['layout']) })
    await waitFor(() =>
      expect(electron.fake.callsOf('images.recognise')).toEqual([{ path: '/dropped/layout' }]),
    )
    resetWindow()

    const browser = renderPart(overlay)
    fireEvent.drop(window, { dataTransfer: transferOf([], ['layout']) })
    expect((await screen.findByRole('alert')).textContent).toContain(
      'A browser cannot hand over a dropped folder.',
    )
    expect(browser.fake.callsOf('images.recognise')).toEqual([])
  })
})
