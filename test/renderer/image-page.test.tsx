import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ImagePage } from '../../renderer/image/image-page.tsx'
import { useActiveImage, useShell } from '../../renderer/store.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { debian } from '../support/fake-client.ts'
import { entry } from '../support/entries.ts'
import { fakeImage, stubViewport } from '../support/fake-image.ts'
import { renderPart, resetWindow, type RenderOptions } from '../support/render.tsx'

const { info, answers } = fakeImage([
  { createdBy: '/bin/sh -c #(nop) ADD file:abc in / ', entries: [entry('a', { size: 1000 })] },
  { createdBy: '/bin/sh -c rm a', entries: [entry('.wh.a'), entry('b', { size: 10 })] },
])

beforeEach(() => stubViewport())
afterEach(resetWindow)

function Active() {
  const image = useActiveImage()
  return image ? <ImagePage image={image} /> : null
}

function open(part: Partial<ImageInfo> = {}, options: RenderOptions = {}) {
  useShell.getState().showImage(debian, 'debian:12')
  const images = { inspect: async () => ({ ...info, ...part }) }
  return renderPart(<Active />, { ...options, answers: { ...answers, images, ...options.answers } })
}

test('the overview says in words what runs, as whom and where', async () => {
  open({ config: { Entrypoint: ['/bin/greet', 'my world'], User: 'web', WorkingDir: '/srv', Env: ['A=b'] } })
  const config = await screen.findByRole('region', { name: 'Configuration' })
  expect(config.textContent).toContain("Runs /bin/greet 'my world' as web in /srv.")
  expect(config.textContent).toContain('A=b')
})

test('texts of a hostile image are text', async () => {
  const evil = '<script>alert(1)</script>\u202e'
  open({
    references: [],
    author: evil,
    config: { Env: [`X=${evil}`], Labels: { [evil]: evil }, Cmd: [evil], StopSignal: evil },
    warnings: [{ code: 'odd', message: evil }],
  })
  await screen.findByRole('region', { name: 'Configuration' })
  expect(document.querySelector('script')).toBeNull()
  expect(document.body.textContent).not.toContain('\u202e')
  expect(screen.getByRole('list', { name: 'Warnings' }).textContent).toContain(
    '<script>alert(1)</script>\\u{202e}',
  )
})

test('an image that cannot be opened says why, and is tried again', async () => {
  const inspect = vi
    .fn<() => Promise<ImageInfo>>()
    .mockRejectedValueOnce(new ImageError('truncated', 'debian.tar ends in the middle of layer 2.'))
    .mockResolvedValue(info)
  open({}, { answers: { images: { inspect } } })
  expect((await screen.findByRole('alert')).textContent).toContain(
    'debian.tar ends in the middle of layer 2.',
  )
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('tab', { name: 'Overview' })).toBeTruthy()
})

test('a layer of the strip leads to it among the layers', async () => {
  open()
  await userEvent.click(await screen.findByRole('button', { name: /^Show Layer 0/ }))
  expect(await screen.findByRole('region', { name: 'Layer 0' })).toBeTruthy()
})

test('layers show what they add to all files together: one that deletes has less than nothing', async () => {
  open()
  await userEvent.click(await screen.findByRole('tab', { name: 'Layers' }))
  const grid = await screen.findByRole('grid', { name: 'Layers' })
  await waitFor(() => expect(grid.textContent).toContain('−990 B'))
  expect(grid.textContent).toContain('+1.00 kB')
  expect(grid.textContent).toContain('ADD file:abc in /')
})

test('empty steps are shown quietly and can be left out', async () => {
  open({ history: [...info.history, { createdBy: 'ENV A=b', layerIndex: null }] })
  await userEvent.click(await screen.findByRole('tab', { name: 'Layers' }))
  expect(await screen.findByText('ENV A=b')).toBeTruthy()
  await userEvent.click(screen.getByRole('switch', { name: 'Empty steps (1)' }))
  await waitFor(() => expect(screen.queryByText('ENV A=b')).toBeNull())
})

test('the keyboard walks the layers; the chosen one stands in full below, its command as it was written', async () => {
  open()
  await userEvent.click(await screen.findByRole('tab', { name: 'Layers' }))
  screen.getByRole('grid', { name: 'Layers' }).focus()
  await userEvent.keyboard('{Home}')
  const detail = await screen.findByRole('region', { name: 'Layer 0' })
  expect(within(detail).getByText('/bin/sh -c #(nop) ADD file:abc in /', { exact: false })).toBeTruthy()
  await userEvent.keyboard('{ArrowDown}')
  expect(await screen.findByRole('region', { name: 'Layer 1' })).toBeTruthy()
})

test('the files of a layer are one step away', async () => {
  open()
  await userEvent.click(await screen.findByRole('tab', { name: 'Layers' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Show files of this layer' }))
  expect(await screen.findByRole('button', { name: 'Layers shown: Only layer 1' })).toBeTruthy()
})

test.each([
  ['Uncompressed tar', true, /^layer-1-[0-9a-f]{12}\.tar$/],
  ['As stored', false, /^layer-1-[0-9a-f]{12}\.tar\.gz$/],
])('a layer is saved: %s', async (choice, isUncompressed, name) => {
  const pickSave = vi.fn(async () => '/out/layer')
  const { fake } = open({}, { host: { pickSave } })
  await userEvent.click(await screen.findByRole('tab', { name: 'Layers' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Save layer…' }))
  await userEvent.click(await screen.findByText(choice))
  expect(pickSave).toHaveBeenCalledWith(
    expect.objectContaining({ suggestedName: expect.stringMatching(name) }),
  )
  await waitFor(() =>
    expect(fake.callsOf('jobs.submit')).toEqual([
      {
        kind: 'save-layer',
        input: debian,
        diffID: info.layers[1]?.diffID,
        isUncompressed,
        destination: '/out/layer',
      },
    ]),
  )
  expect(useShell.getState().activeImage).toBe(keyOfSource(debian))
})
