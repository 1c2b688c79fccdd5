import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ImagePage } from '../../renderer/image/image-page.tsx'
import { freshSearch, setFilesView, setSearchView } from '../../renderer/image/image-views.ts'
import { SearchPage } from '../../renderer/search/search-page.tsx'
import { useActiveImage, useShell } from '../../renderer/store.ts'
import { ImageError } from '../../shared/errors.ts'
import type {
  ContentHit,
  ContentQuery,
  ContentWindow,
  EverywhereWindow,
  SearchQuery,
} from '../../shared/query.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { entry } from '../support/entries.ts'
import { debian, digestOf, type Answers } from '../support/fake-client.ts'
import { fakeImage, stubViewport } from '../support/fake-image.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

const id = keyOfSource(debian)
const { answers, info } = fakeImage([
  {
    createdBy: 'COPY keys /keys',
    entries: [
      entry('keys/a.pem', { size: 5 }),
      entry('keys/b.pem'),
      entry('keys/deep/er/c.pem'),
      entry('keys/readme'),
    ],
    contents: { 'keys/readme': 'one\nthe key is <b>here</b>\nkey again\n' },
  },
  { createdBy: 'RUN rm /keys/b.pem', entries: [entry('keys/.wh.b.pem'), entry('keys/a.pem', { size: 7 })] },
])

beforeEach(() => stubViewport())
afterEach(() => {
  resetWindow()
  setSearchView(id, freshSearch)
  setSearchView('everywhere', freshSearch)
  setFilesView(id, { tree: { isMerged: true }, expanded: [], active: null, viewed: null, reveal: null })
  vi.restoreAllMocks()
})

function Active() {
  const image = useActiveImage()
  return image ? <ImagePage image={image} /> : null
}

function show(search: NonNullable<Answers['search']> = {}) {
  useShell.getState().showImage(debian, 'debian:12', 'search')
  return renderPart(<Active />, { answers: { ...answers, search: { ...answers.search, ...search } } })
}

const box = () => screen.findByRole('searchbox')
const grid = () => screen.getByRole('treegrid', { name: 'Results' })
const lines = (): (string | null)[] =>
  within(grid())
    .queryAllByRole('row')
    .map((row) => row.textContent)
const activeLine = () => within(grid()).getByRole('row', { selected: true }).textContent

const hit = (line: number, part: Partial<ContentHit> = {}): ContentHit => ({
  diffID: digestOf('1'),
  layerIndex: 0,
  path: 'keys/readme',
  type: 'file',
  size: 30,
  state: 'present',
  line,
  column: 1,
  text: 'key again',
  from: 0,
  to: 3,
  ...part,
})

const lineWindow = (part: Partial<ContentWindow> = {}): ContentWindow => {
  const hits = part.hits ?? [hit(2, { text: 'the key is <b>here</b>', from: 4, to: 7 }), hit(3)]
  return {
    total: hits.length,
    files: 1,
    kept: hits.length,
    perLayer: [hits.length, 0],
    hits,
    pendingLayers: [],
    isRunning: false,
    done: 100,
    size: 100,
    binaryFiles: 0,
    ...part,
  }
}

describe('the filters', () => {
  test('go along with the question, and are counted', async () => {
    const { fake } = show()
    await userEvent.type(await box(), '{Alt>}l{/Alt}pem')
    await userEvent.type(screen.getByRole('textbox', { name: 'Files to include' }), 'keys, x/{{a,b}')
    await userEvent.type(screen.getByRole('textbox', { name: 'Size from' }), '5')
    await waitFor(() =>
      expect((fake.callsOf('search.names').at(-1) as { query: SearchQuery }).query).toEqual({
        pattern: 'pem',
        isRegex: false,
        isCaseSensitive: false,
        isWholeName: false,
        filter: { ...NO_FILTER, include: ['keys', 'x/{a,b}'], minSize: 5 },
      }),
    )
    expect(screen.getByRole('button', { name: 'Filters, 2 active' })).toBeTruthy()
    expect(await screen.findByText('2 results in 2 layers')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Clear filters' }))
    expect(await screen.findByText('4 results in 2 layers')).toBeTruthy()
    expect(document.activeElement).toBe(await box())
    await userEvent.click(screen.getByRole('textbox', { name: 'Files to include' }))
    await userEvent.keyboard('{Alt>}l{/Alt}')
    expect(screen.queryByRole('group', { name: 'Filters' })).toBeNull()
    expect(document.activeElement).toBe(await box())
  })

  test('alone ask for every name they leave', async () => {
    const { fake } = show()
    await userEvent.click(await screen.findByRole('button', { name: /^deleted/ }))
    expect(await screen.findByText('1 result in 1 layer')).toBeTruthy()
    expect(fake.callsOf('search.names').at(-1)).toMatchObject({
      query: { pattern: '', filter: { fates: ['deleted'] } },
    })
  })

  test('explain a box that means nothing', async () => {
    show()
    await userEvent.type(await box(), '{Alt>}l{/Alt}')
    await userEvent.type(screen.getByRole('textbox', { name: 'Owner' }), 'root')
    await userEvent.type(screen.getByRole('textbox', { name: 'Size to' }), 'big')
    expect(screen.getByText('Owner: numbers, UID:GID · Size to: such as 10k or 1.5 MB')).toBeTruthy()
  })
})

describe('the history', () => {
  const valueOf = async () => ((await box()) as HTMLInputElement).value

  test('is walked by up and down, and led out of into the results', async () => {
    show()
    await userEvent.type(await box(), 'readme{Enter}')
    await userEvent.clear(await box())
    await userEvent.type(await box(), 'a.pem{Enter}')
    await userEvent.clear(await box())
    await userEvent.type(await box(), 'pem')
    await userEvent.keyboard('{ArrowUp}')
    expect(await valueOf()).toBe('a.pem')
    await userEvent.keyboard('{ArrowUp}')
    expect(await valueOf()).toBe('readme')
    await userEvent.keyboard('{ArrowUp}')
    expect(await valueOf()).toBe('readme')
    await userEvent.keyboard('{ArrowDown}{ArrowDown}')
    expect(await valueOf()).toBe('pem')
    await screen.findByText('4 results in 2 layers')
    await userEvent.keyboard('{ArrowDown}')
    expect(document.activeElement).toBe(grid())
    expect(activeLine()).toContain('keys/a.pem')
    await userEvent.keyboard('{ArrowUp}{ArrowUp}')
    expect(document.activeElement).toBe(await box())
  })

  test('is remembered, and kept apart for lines', async () => {
    const { fake } = show({ contents: async () => lineWindow() })
    await userEvent.type(await box(), 'readme{Enter}')
    await waitFor(() =>
      expect(fake.callsOf('settings.set').at(-1)).toMatchObject({
        view: { 'search.history.names': ['readme'] },
      }),
    )
    await userEvent.keyboard('{Alt>}t{/Alt}')
    expect(await valueOf()).toBe('readme')
    await userEvent.clear(await box())
    await userEvent.keyboard('{ArrowUp}')
    expect(await valueOf()).toBe('')
  })
})

describe('walking the results', () => {
  test('F4 goes from hit to hit with the file beside, from wherever the focus is', async () => {
    show()
    await userEvent.type(await box(), '.pem')
    await screen.findByText('4 results in 2 layers')
    await waitFor(() => expect(lines()).toHaveLength(6))
    await userEvent.keyboard('{F4}')
    await waitFor(() => expect(activeLine()).toContain('keys/a.pem~ replaced'))
    await waitFor(() => expect(useShell.getState().announcement).toBe('keys/a.pem'))
    const viewer = await screen.findByRole('region', { name: 'File' })
    expect(await within(viewer).findByText('keys/a.pem')).toBeTruthy()
    await userEvent.keyboard('{F4}{F4}{F4}')
    await waitFor(() => expect(activeLine()).toContain('keys/a.pemin the final image'))
    await userEvent.keyboard('{Shift>}{F4}{/Shift}')
    expect(activeLine()).toContain('c.pem')
    expect(document.activeElement).toBe(await box())
  })

  test('Enter in the box goes to the first, then opens the one walked to', async () => {
    show()
    await userEvent.type(await box(), 'readme')
    await screen.findByText('1 result in 1 layer')
    await waitFor(() => expect(lines()).toHaveLength(2))
    await userEvent.keyboard('{Enter}')
    expect(await screen.findByRole('region', { name: 'File' })).toBeTruthy()
    await userEvent.keyboard('{Enter}')
    expect(await screen.findByRole('treegrid', { name: 'Files' })).toBeTruthy()
  })
})

describe('dismissing', () => {
  test('leaves a hit out, and a layer, until the question changes', async () => {
    show()
    await userEvent.type(await box(), '.pem')
    await waitFor(() => expect(lines()).toHaveLength(6))
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss keys/b.pem' }))
    expect(screen.getByText('3 results in 2 layers')).toBeTruthy()
    expect(lines()[0]).toContain('Layer 0COPY keys /keys2')
    act(() => grid().focus())
    await userEvent.keyboard('{Home}{Delete}')
    expect(screen.getByText('1 result in 1 layer')).toBeTruthy()
    expect(lines()).toHaveLength(2)
    await userEvent.click(screen.getByRole('button', { name: 'Bring back 3 dismissed' }))
    expect(screen.getByText('4 results in 2 layers')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss keys/b.pem' }))
    await userEvent.type(await box(), '{Backspace}')
    expect(await screen.findByText('4 results in 2 layers')).toBeTruthy()
  })
})

describe('the tree', () => {
  test('groups by folder, folds, and is remembered', async () => {
    const { fake } = show()
    await userEvent.type(await box(), '.pem')
    await waitFor(() => expect(lines()).toHaveLength(6))
    await userEvent.click(screen.getByRole('radio', { name: 'Tree' }))
    await waitFor(() => expect(lines()[0]).toContain('keys4'))
    expect(lines()[1]).toContain('deep/er1')
    expect(lines()[2]).toMatch(/^c\.pem.*Layer 0/)
    await userEvent.click(screen.getByText('deep/er'))
    await waitFor(() => expect(lines()).toHaveLength(5))
    await waitFor(() =>
      expect(fake.callsOf('settings.set').at(-1)).toMatchObject({ view: { 'search.tree': true } }),
    )
  })
})

describe('inside files', () => {
  const inside = async (text: string): Promise<void> => {
    await userEvent.type(await box(), `{Alt>}t{/Alt}${text}`)
  }

  test('lines are asked for until they are all there', async () => {
    const windows = [
      lineWindow({ hits: [], perLayer: [0, 0], files: 0, isRunning: true, done: 0 }),
      lineWindow({ hits: [hit(2)], perLayer: [1, 0], isRunning: true, done: 40 }),
      lineWindow(),
    ]
    let asked = 0
    const { fake } = show({ contents: async () => windows[Math.min(asked++, 2)]! })
    await inside('key')
    expect(await screen.findByText('Searching inside files')).toBeTruthy()
    expect(screen.getByRole('progressbar', { name: 'Searching inside files' })).toBeTruthy()
    expect(await screen.findByText('2 lines in 1 file')).toBeTruthy()
    expect(lines()).toEqual([
      'Layer 0COPY keys /keys2',
      'keys/readmein the final image2',
      '2the key is <b>here</b>',
      '3key again',
    ])
    expect(document.querySelector('mark')?.textContent).toBe('key')
    const { length } = fake.callsOf('search.contents')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(fake.callsOf('search.contents')).toHaveLength(length)
    expect((fake.callsOf('search.contents')[0] as { query: ContentQuery }).query).toEqual({
      pattern: 'key',
      isRegex: false,
      isCaseSensitive: false,
      isWholeWord: false,
      isBinary: false,
      filter: NO_FILTER,
    })
  })

  test('lines stand under their file, which is folded and dismissed with them', async () => {
    const hits = [hit(2), hit(3), hit(1, { path: 'keys/a.pem', state: 'deleted', by: 1 })]
    show({ contents: async () => lineWindow({ hits, files: 2 }) })
    await inside('key')
    await waitFor(() => expect(lines()).toHaveLength(6))
    expect(lines()[4]).toBe('keys/a.pem− deleted by layer 1 1')
    await userEvent.click(screen.getByText('/readme'))
    await waitFor(() => expect(lines()).toHaveLength(4))
    await userEvent.keyboard('{F4}')
    await waitFor(() => expect(activeLine()).toBe('1key again'))
    await userEvent.click(screen.getByRole('button', { name: 'Collapse all' }))
    await waitFor(() => expect(lines()).toEqual(['Layer 0COPY keys /keys3']))
    await userEvent.click(screen.getByRole('button', { name: 'Expand all' }))
    await waitFor(() => expect(lines()).toHaveLength(6))
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss keys/readme' }))
    expect(lines()).toEqual(['Layer 0COPY keys /keys1', 'keys/a.pem− deleted by layer 1 1', '1key again'])
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss keys/a.pem:1' }))
    expect(lines()).toEqual([])
    await userEvent.click(screen.getByRole('button', { name: 'Bring back 3 dismissed' }))
    expect(lines()).toHaveLength(6)
  })

  test('beyond ten thousand a layer is shown alone', async () => {
    const all = Array.from({ length: 10_000 }, (_, at) => hit(at + 1))
    const { fake } = show({
      contents: async ({ layers, offset, limit }) =>
        lineWindow({
          total: 10_002,
          kept: layers.length === 0 ? 10_002 : 2,
          perLayer: [10_000, 2],
          hits:
            layers.length === 0
              ? all.slice(offset, offset + limit)
              : [hit(1, { layerIndex: 1 }), hit(2, { layerIndex: 1 })],
        }),
    })
    await inside('key')
    expect(await screen.findByText('first 10,000 of 10,002 lines')).toBeTruthy()
    await waitFor(() => expect(grid().getAttribute('aria-rowcount')).toBe('10004'))
    act(() => grid().focus())
    await userEvent.keyboard('{End}{Enter}')
    await waitFor(() => expect(lines()).toHaveLength(4))
    expect(fake.callsOf('search.contents').at(-1)).toMatchObject({ layers: [1] })
  })

  test('a search is stopped where it is, and goes on', async () => {
    let isEnded = false
    const { fake } = show({
      contents: async () => lineWindow({ isRunning: !isEnded, done: isEnded ? 100 : 40 }),
    })
    await inside('key')
    await userEvent.click(await screen.findByRole('button', { name: 'Stop' }))
    expect(await screen.findByText('stopped after 40 B of 100 B')).toBeTruthy()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const { length } = fake.callsOf('search.contents')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(fake.callsOf('search.contents')).toHaveLength(length)
    isEnded = true
    await userEvent.click(screen.getByRole('button', { name: 'Go on' }))
    await waitFor(() => expect(screen.queryByText(/stopped after/)).toBeNull())
    expect(await screen.findByText('2 lines in 1 file')).toBeTruthy()
  })

  test('what is not kept is told, and what is not text', async () => {
    show({ contents: async () => lineWindow({ total: 48_112, binaryFiles: 3 }) })
    await inside('key')
    expect(await screen.findByText('first 2 of 48,112 lines')).toBeTruthy()
    expect(screen.getByText('3 binary files left out')).toBeTruthy()
  })

  test('a line opens its file at the line, with its matches marked', async () => {
    show({ contents: async () => lineWindow() })
    await inside('key')
    await userEvent.click(await screen.findByTitle('keys/readme:3'))
    const text = await screen.findByRole('region', { name: 'Text' })
    await waitFor(() => expect(text.querySelector('[data-spot]')?.textContent).toBe('3key again'))
    expect([...text.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual(['key', 'key'])
    act(() => text.focus())
    await userEvent.keyboard('{Shift>}{Enter}{/Shift}')
    await waitFor(() => expect(text.querySelector('[data-spot]')?.textContent).toContain('the key'))
  })

  test('an expression that is none is explained', async () => {
    const { fake } = show({ contents: async () => lineWindow() })
    await inside('{Alt>}r{/Alt}(x')
    expect(await screen.findByText('Not a regular expression: Unterminated group')).toBeTruthy()
    const patterns = fake
      .callsOf('search.contents')
      .map((input) => (input as { query: ContentQuery }).query)
      .filter(({ isRegex }) => isRegex)
    expect(patterns).toEqual([])
  })

  test('the other toggles are those of lines', async () => {
    show({ contents: async () => lineWindow() })
    await inside('key')
    await userEvent.keyboard('{Alt>}w{/Alt}')
    expect(screen.getByRole('button', { name: 'Whole word' }).getAttribute('aria-pressed')).toBe('true')
    expect(screen.queryByRole('button', { name: 'Whole name' })).toBeNull()
  })

  test('a failure is told', async () => {
    show({ contents: async () => Promise.reject(new Error('the reader is gone')) })
    await inside('key')
    expect(await screen.findByRole('alert')).toBeTruthy()
  })
})

const other: SourceSpec = { kind: 'tar', path: '/images/other.tar' }
const image = (digit: string, source: SourceSpec, count: number, pendingLayers: number[] = []) => ({
  imageID: digestOf(digit),
  source,
  ...(digit === 'b' ? { reference: 'docker.io/library/other:1' } : {}),
  opened: 1,
  layers: [{ diffID: digestOf('1'), createdBy: 'COPY keys /keys' }],
  pendingLayers,
  count,
})
const found: EverywhereWindow = {
  total: 2,
  images: [image('b', other, 1, [0, 2]), image('a', debian, 1)],
  hits: ['b', 'a'].map((digit) => ({
    imageID: digestOf(digit),
    diffID: digestOf('1'),
    layerIndex: 0,
    path: 'keys/a.pem',
    type: 'file',
    size: 5,
    state: 'present',
  })),
  took: 1,
}

/** `other` holds the image that was searched, unless another one is said. */
const inspect = (digit = 'b') => ({
  inspect: async ({ source }: { readonly source: SourceSpec }) =>
    source === debian ? info : { ...info, imageID: digestOf(digit) },
})

describe('everywhere', () => {
  const searched = async (images: NonNullable<Answers['images']>) => {
    useShell.getState().showImage(debian, 'debian:12', 'search')
    const search = { ...answers.search, everywhere: async () => found }
    const rendered = renderPart(<Active />, { answers: { ...answers, images, search } })
    await userEvent.type(await box(), '.pem')
    await userEvent.click(screen.getByRole('radio', { name: 'All images opened before' }))
    expect(await screen.findByText('2 results in 2 images')).toBeTruthy()
    return rendered
  }
  const viewer = () => screen.findByRole('region', { name: 'File' })

  test('results stand by image, each with its layer', async () => {
    await searched(inspect())
    expect(lines()[0]).toContain('other:12 layers not read yet')
    expect(lines()[1]).toContain('keys/a.pem Layer 0')
    const barred = screen.getByRole('button', { name: 'Inside files' })
    expect(barred.getAttribute('aria-disabled')).toBe('true')
  })

  test('one click looks at a hit in its image, a second opens that among the files', async () => {
    const { fake } = await searched(inspect())
    await userEvent.click(screen.getAllByTitle('keys/a.pem')[0]!)
    expect(await within(await viewer()).findByText('COPY keys /keys')).toBeTruthy()
    expect(fake.callsOf('files.history').at(-1)).toEqual({ source: other, path: 'keys/a.pem' })
    expect(useShell.getState().activeImage).toBe(id)
    await userEvent.dblClick(screen.getAllByTitle('keys/a.pem')[0]!)
    await waitFor(() => expect(useShell.getState().activeImage).toBe(keyOfSource(other)))
    expect(useShell.getState().openImages.at(-1)?.tab).toBe('files')
    expect(await viewer()).toBeTruthy()
  })

  test('F4 walks from image to image, and Escape closes the look', async () => {
    const { fake } = await searched(inspect())
    const seen = () => (fake.callsOf('files.history').at(-1) as { source: SourceSpec } | undefined)?.source
    await userEvent.keyboard('{F4}')
    await viewer()
    await waitFor(() => expect(seen()).toEqual(other))
    await userEvent.keyboard('{F4}')
    await waitFor(() => expect(seen()).toEqual(debian))
    await userEvent.keyboard('{Shift>}{F4}{/Shift}')
    await waitFor(() => expect(screen.getAllByRole('row', { selected: true })[0]?.dataset['line']).toBe('1'))
    await userEvent.click(screen.getByRole('button', { name: 'Close the viewer' }))
    expect(screen.queryByRole('region', { name: 'File' })).toBeNull()
    expect(document.activeElement).toBe(await box())
  })

  test('an image that was replaced since is not taken for the one that was searched', async () => {
    const { fake } = await searched(inspect('c'))
    await userEvent.click(screen.getAllByTitle('keys/a.pem')[0]!)
    expect(await within(await viewer()).findByText('Another image by now')).toBeTruthy()
    expect(fake.callsOf('files.history')).toEqual([])
    await userEvent.click(screen.getByRole('button', { name: 'Open image' }))
    await waitFor(() => expect(useShell.getState().activeImage).toBe(keyOfSource(other)))
  })

  test.each([
    ['not-found', 0],
    ['sign-in', 1],
  ] as const)('an image that cannot be looked into says why: %s', async (code, buttons) => {
    const failure = new ImageError(code, 'It cannot be had.')
    await searched({ inspect: async ({ source }) => (source === debian ? info : Promise.reject(failure)) })
    await userEvent.click(screen.getAllByTitle('keys/a.pem')[0]!)
    expect((await within(await viewer()).findByRole('alert')).textContent).toContain('It cannot be had.')
    expect(screen.queryAllByRole('button', { name: 'Open image' })).toHaveLength(buttons)
  })
})

describe('the page of all images', () => {
  const owned = (): string | undefined => useShell.getState().activeImage ?? undefined

  test('searches them without one open, and opens the image of a hit', async () => {
    const { fake } = renderPart(<WithPage />, {
      answers: { ...answers, search: { everywhere: async () => found } },
    })
    act(() => useShell.getState().searchAll())
    expect(await screen.findByText('Find a path in all images opened before')).toBeTruthy()
    expect(screen.queryByRole('radiogroup', { name: 'Search in' })).toBeNull()
    await userEvent.type(await box(), '.pem')
    expect(await screen.findByText('2 results in 2 images')).toBeTruthy()
    expect(fake.callsOf('search.everywhere').at(-1)).toMatchObject({ query: { pattern: '.pem' }, images: [] })
    await userEvent.keyboard('{Alt>}l{/Alt}')
    expect(screen.getByRole('group', { name: 'Filters' })).toBeTruthy()
    await userEvent.dblClick(screen.getAllByTitle('keys/a.pem')[0]!)
    await waitFor(() => expect(owned()).toBe(keyOfSource(other)))
    act(() => useShell.getState().searchAll())
    expect(((await box()) as HTMLInputElement).value).toBe('.pem')
  })

  test('says so where none was opened yet', async () => {
    const none = { total: 0, images: [], hits: [], took: 0 }
    renderPart(<WithPage />, { answers: { search: { everywhere: async () => none } } })
    act(() => useShell.getState().searchAll())
    await userEvent.type(await box(), 'x')
    expect(await screen.findByText('No image to search yet')).toBeTruthy()
  })
})

function WithPage() {
  return useShell(({ page }) => page) === 'search' ? <SearchPage /> : <Active />
}

describe('the results menu', () => {
  const choose = async (item: string): Promise<void> => {
    await userEvent.click(screen.getByRole('button', { name: 'Results menu' }))
    await userEvent.click(await screen.findByRole('menuitem', { name: item }))
  }

  test('copies what is left', async () => {
    show()
    await userEvent.type(await box(), '.pem')
    await waitFor(() => expect(lines()).toHaveLength(6))
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss keys/b.pem' }))
    let copied = ''
    Object.defineProperty(navigator, 'clipboard', {
      configurable: true,
      value: { writeText: async (text: string) => void (copied = text) },
    })
    await choose('Copy all')
    await waitFor(() => expect(copied).toBe('/keys/a.pem\n/keys/deep/er/c.pem\n/keys/a.pem\n'))
    await choose('Copy as CSV')
    await waitFor(() => expect(copied).toMatch(/^image,layer,path/))
  })

  test('saves a file of the browser’s own', async () => {
    const blobs: Blob[] = []
    URL.createObjectURL = (blob) => {
      if (blob instanceof Blob) blobs.push(blob)
      return 'blob:x'
    }
    URL.revokeObjectURL = () => {}
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {})
    show()
    await userEvent.type(await box(), 'readme')
    await waitFor(() => expect(lines()).toHaveLength(2))
    await choose('Save as JSON lines')
    await waitFor(() => expect(blobs).toHaveLength(1))
    expect(JSON.parse(await blobs[0]!.text())).toMatchObject({ path: 'keys/readme', image: info.reference })
  })

  test('saves the files themselves, each once', async () => {
    const { fake } = renderWithSave()
    await userEvent.type(await box(), '.pem')
    await waitFor(() => expect(lines()).toHaveLength(6))
    await choose('Save the files as tar…')
    await waitFor(() =>
      expect(fake.callsOf('jobs.submit').at(-1)).toMatchObject({
        kind: 'save-hits',
        destination: '/out/found.tar',
        hits: [
          { layer: 0, path: 'keys/a.pem' },
          { layer: 0, path: 'keys/b.pem' },
          { layer: 0, path: 'keys/deep/er/c.pem' },
          { layer: 1, path: 'keys/a.pem' },
        ],
      }),
    )
  })

  function renderWithSave() {
    useShell.getState().showImage(debian, 'debian:12', 'search')
    return renderPart(<Active />, { answers, host: { pickSave: async () => '/out/found.tar' } })
  }
})

test('nothing found offers the likeliest way to find something', async () => {
  show({ contents: async () => lineWindow({ hits: [], perLayer: [0, 0], files: 0 }) })
  await userEvent.type(await box(), 'no such thing')
  await userEvent.click(await screen.findByRole('button', { name: 'Search inside files' }))
  expect(await screen.findByText('No line of a file in any layer matches.')).toBeTruthy()
})

test('a file is dragged out by the host, where it can', async () => {
  useShell.getState().showImage(debian, 'debian:12', 'search')
  setSearchView(id, { text: 'pem' })
  const { fake } = renderPart(<Active />, {
    answers: { ...answers, system: { drag: async () => {} } },
    info: { canDrag: true },
  })
  const row = (await screen.findAllByRole('row')).find((one) => one.draggable)
  expect(row).toBeDefined()
  const isLeftToPage = fireEvent.dragStart(row!)
  expect(isLeftToPage).toBe(false)
  await waitFor(() => expect(fake.callsOf('system.drag')).toHaveLength(1))
  expect(fake.callsOf('system.drag')[0]).toMatchObject({ source: debian, tree: { isMerged: true } })
})
