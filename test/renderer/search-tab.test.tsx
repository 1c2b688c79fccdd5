import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keyOfSource } from '../../shared/source-name.ts'
import { ImagePage } from '../../renderer/image/image-page.tsx'
import { freshSearch, setFilesView, setSearchView } from '../../renderer/image/image-views.ts'
import { useActiveImage, useShell } from '../../renderer/store.ts'
import { debian } from '../support/fake-client.ts'
import { entry } from '../support/entries.ts'
import { fakeImage, stubViewport } from '../support/fake-image.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

const id = keyOfSource(debian)
const { answers } = fakeImage([
  {
    createdBy: 'COPY keys /keys',
    entries: [entry('keys/a.pem', { size: 5 }), entry('keys/b.pem'), entry('keys/readme')],
    contents: { 'keys/b.pem': 'deleted key' },
  },
  { createdBy: 'RUN rm /keys/b.pem', entries: [entry('keys/.wh.b.pem'), entry('keys/a.pem', { size: 7 })] },
])

beforeEach(() => stubViewport())
afterEach(() => {
  resetWindow()
  setSearchView(id, freshSearch)
  setFilesView(id, {
    tree: { isMerged: true },
    expanded: [],
    collapsed: [],
    active: null,
    viewed: null,
    reveal: null,
  })
})

function Active() {
  const image = useActiveImage()
  return image ? <ImagePage image={image} /> : null
}

function show() {
  useShell.getState().showImage(debian, 'debian:12', 'search')
  return renderPart(<Active />, { answers })
}

const box = () => screen.findByRole('searchbox')
const lines = (): (string | null)[] =>
  within(screen.getByRole('treegrid', { name: 'Results' }))
    .getAllByRole('row')
    .map((row) => row.textContent)

async function search(text: string): Promise<void> {
  await userEvent.type(await box(), text.replaceAll('[', '[['))
  await waitFor(() => expect(screen.getByText(/results? in/)).toBeTruthy())
}

describe('results', () => {
  test('come while typing, by layer, each with its fate and the layer that decided it', async () => {
    show()
    await search('.pem')
    expect(screen.getByText('3 results in 2 layers')).toBeTruthy()
    await waitFor(() => expect(lines()).toHaveLength(5))
    expect(lines()[0]).toContain('Layer 0COPY keys /keys2')
    expect(lines()[1]).toContain('keys/a.pem~ replaced by layer 1')
    expect(lines()[2]).toContain('keys/b.pem− deleted by layer 1')
    expect(lines()[4]).toContain('keys/a.pemin the final image')
    expect(document.querySelectorAll('mark')).toHaveLength(3)
  })

  test('are those of the layers chosen in the strip', async () => {
    show()
    await search('.pem')
    await userEvent.click(screen.getByRole('button', { name: /^Only Layer 1 .* 1 found/ }))
    expect(await screen.findByText('1 result in 1 layer')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Show all layers' }))
    expect(await screen.findByText('3 results in 2 layers')).toBeTruthy()
  })

  test('of a layer can be folded away, and all of them', async () => {
    show()
    await search('.pem')
    await userEvent.click(screen.getByText('COPY keys /keys'))
    await waitFor(() => expect(lines()).toHaveLength(3))
    await userEvent.click(screen.getByRole('button', { name: 'Collapse all' }))
    await waitFor(() => expect(lines()).toHaveLength(2))
    await userEvent.click(screen.getByRole('button', { name: 'Expand all' }))
    await waitFor(() => expect(lines()).toHaveLength(5))
  })

  test('one that was deleted is opened from the box as it was', async () => {
    show()
    await search('b.pem')
    await userEvent.keyboard('{ArrowDown}')
    await waitFor(() => expect(lines()).toHaveLength(2))
    await userEvent.keyboard('{Enter}')
    expect(await screen.findByText('deleted key')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Layers shown: Up to layer 0' })).toBeTruthy()
  })

  test('a click shows one beside the results, a second one among the files', async () => {
    show()
    await search('b.pem')
    await userEvent.click(await screen.findByTitle('keys/b.pem'))
    expect(await screen.findByText('deleted key')).toBeTruthy()
    expect(screen.getByText('1 result in 1 layer')).toBeTruthy()
    await userEvent.keyboard('{Escape}')
    expect(screen.queryByRole('region', { name: 'File' })).toBeNull()
    await userEvent.dblClick(await screen.findByTitle('keys/b.pem'))
    const files = await screen.findByRole('treegrid', { name: 'Files' })
    expect(await within(files).findByText('b.pem')).toBeTruthy()
    expect(screen.getByRole('region', { name: 'File' })).toBeTruthy()
    expect(document.activeElement).toBe(files)
  })

  test('what is looked at is shown among the files', async () => {
    show()
    await search('readme')
    await userEvent.click(await screen.findByTitle('keys/readme'))
    await userEvent.click(await screen.findByRole('button', { name: 'Show in Files' }))
    const files = await screen.findByRole('treegrid', { name: 'Files' })
    expect(await within(files).findByText('readme')).toBeTruthy()
  })
})

describe('the box', () => {
  test('explains an expression that is none, and asks nothing', async () => {
    const { fake } = show()
    await userEvent.type(await box(), '{Alt>}r{/Alt}(x')
    expect(await screen.findByText('Not a regular expression: Unterminated group')).toBeTruthy()
    expect(
      fake
        .callsOf('search.names')
        .filter((input) => (input as { query: { isRegex: boolean } }).query.isRegex),
    ).toEqual([])
  })

  test.each([
    ['r', 'Regular expression'],
    ['c', 'Match case'],
    ['w', 'Whole name'],
  ])('Alt+%s toggles %s', async (key, name) => {
    show()
    await userEvent.type(await box(), `{Alt>}${key}{/Alt}`)
    expect(screen.getByRole('button', { name }).getAttribute('aria-pressed')).toBe('true')
    expect((await box()).getAttribute('value')).toBe('')
  })

  test('waits until typing rests: the names in between are not searched for', async () => {
    const { fake } = show()
    await search('readme')
    const asked = fake
      .callsOf('search.names')
      .map((input) => (input as { query: { pattern: string } }).query.pattern)
    expect(asked.at(-1)).toBe('readme')
    expect(asked.length).toBeLessThan(6)
  })

  test('has the focus again when it is asked for', async () => {
    show()
    const element = await box()
    act(() => element.blur())
    act(() => useShell.getState().focusSearch())
    await waitFor(() => expect(document.activeElement).toBe(element))
  })
})

test('nothing found says so, and offers to look wider', async () => {
  show()
  await userEvent.type(await box(), '{Alt>}c{/Alt}README')
  expect(await screen.findByText('Nothing found')).toBeTruthy()
  await userEvent.click(screen.getByRole('button', { name: 'Ignore case' }))
  expect(await screen.findByText('1 result in 1 layer')).toBeTruthy()
})
