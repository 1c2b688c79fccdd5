import { Notifications } from '@mantine/notifications'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import { Home } from '../../renderer/home/home.tsx'
import { ImageChooser } from '../../renderer/pickers/image-chooser.tsx'
import { useShell } from '../../renderer/store.ts'
import { ImageError } from '../../shared/errors.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { debian, debianCandidate, debianInfo, debianRecent, digestOf } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

const home = (
  <>
    <Home />
    <ImageChooser />
    <Notifications />
  </>
)

describe('opening', () => {
  test('a file that holds one image shows it, remembers it and has its layers read', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(home, { host: { pickOpen: async () => ['/images/debian.tar'] } })
    await user.click(screen.getByRole('button', { name: 'Open a file' }))
    await waitFor(() => expect(useShell.getState().activeImage).toBe(keyOfSource(debian)))
    expect(useShell.getState().openImages).toMatchObject([{ title: 'debian:12', tab: 'overview' }])
    expect(fake.callsOf('images.remember')).toEqual([{ source: debian }])
    expect(fake.callsOf('jobs.submit')).toEqual([{ kind: 'index', input: debian }])
  })

  test('a wrong file gets a plain reason and changes nothing', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(home, {
      host: { pickOpen: async () => ['/notes.txt'] },
      answers: {
        images: {
          recognise: () =>
            Promise.reject(new ImageError('not-an-image', '/notes.txt is not an image: it is a text.')),
        },
      },
    })
    await user.click(screen.getByRole('button', { name: 'Open a file' }))
    const note = await screen.findByRole('alert')
    expect(note.textContent).toContain('/notes.txt is not an image: it is a text.')
    expect(useShell.getState()).toMatchObject({ page: 'home', openImages: [], opening: [] })
    expect(fake.callsOf('jobs.submit')).toEqual([])
  })

  test('an image that cannot be read is not shown, nor remembered', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(home, {
      host: { pickOpen: async () => ['/images/debian.tar'] },
      answers: { images: { inspect: () => Promise.reject(new ImageError('truncated', 'It ends early.')) } },
    })
    await user.click(screen.getByRole('button', { name: 'Open a file' }))
    await screen.findByText('It ends early.')
    expect(useShell.getState().openImages).toEqual([])
    expect(fake.callsOf('images.remember')).toEqual([])
  })

  test('several images in one file are a choice, and all of them can be opened', async () => {
    const user = userEvent.setup()
    const web = { kind: 'tar', path: '/two.tar', image: 'acme/web:1' } as const
    const candidates = [
      debianCandidate,
      { ...debianCandidate, source: web, references: ['docker.io/acme/web:1'], imageID: digestOf('b') },
    ]
    renderPart(home, {
      host: { pickOpen: async () => ['/two.tar'] },
      answers: {
        images: {
          recognise: async () => candidates,
          inspect: async ({ source }) =>
            source.image ? { ...debianInfo, references: ['docker.io/acme/web:1'] } : debianInfo,
        },
      },
    })
    await user.click(screen.getByRole('button', { name: 'Open a file' }))
    const dialog = await screen.findByRole('dialog', { name: '2 images in two.tar' })
    expect(useShell.getState().openImages).toEqual([])
    expect(dialog.textContent).toMatch(/debian:12.*linux\/amd64.*acme\/web:1/)
    await user.click(screen.getByRole('button', { name: 'Open all 2' }))
    await waitFor(() =>
      expect(useShell.getState().openImages.map(({ title }) => title)).toEqual(['debian:12', 'acme/web:1']),
    )
  })

  test('one that is open already is selected, not read again', async () => {
    const user = userEvent.setup()
    useShell.getState().showImage(debian, 'debian:12', 'files')
    useShell.getState().go('home')
    const { fake } = renderPart(home, { host: { pickOpen: async () => ['/images/debian.tar'] } })
    await user.click(screen.getByRole('button', { name: 'Open a file' }))
    await waitFor(() => expect(useShell.getState().page).toBe('image'))
    expect(useShell.getState().openImages).toMatchObject([{ tab: 'files' }])
    expect(fake.callsOf('jobs.submit')).toEqual([])
  })

  test('while it takes a moment it can be stopped, and then says nothing', async () => {
    const user = userEvent.setup()
    renderPart(home, {
      host: { pickOpen: async () => ['/images/slow.tar.xz'] },
      answers: {
        images: {
          recognise: (_, options) =>
            new Promise((_resolve, reject) => {
              options?.signal?.addEventListener('abort', () =>
                reject(new DOMException('stopped', 'AbortError')),
              )
            }),
        },
      },
    })
    await user.click(screen.getByRole('button', { name: 'Open a file' }))
    await waitFor(() => expect(useShell.getState().opening).toMatchObject([{ name: 'slow.tar.xz' }]))
    useShell.getState().opening[0]?.cancel()
    await waitFor(() => expect(useShell.getState().opening).toEqual([]))
    expect(screen.queryByRole('alert')).toBeNull()
  })

  test('the sample opens with nothing else there', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(home)
    await user.click(screen.getByRole('button', { name: 'Try the sample image' }))
    await waitFor(() => expect(useShell.getState().page).toBe('image'))
    expect(fake.callsOf('images.recognise')).toEqual([{ path: '/app/sample.tar' }])
  })
})

describe('images that are elsewhere', () => {
  const source = { kind: 'registry', image: 'lab.local/app:1' } as const
  const recent = [{ ...debianRecent, source, title: 'lab.local/app:1' }]

  test('engines and registries are ways in', async () => {
    const user = userEvent.setup()
    renderPart(home)
    await user.click(screen.getByRole('button', { name: 'From an engine…' }))
    expect(useShell.getState().engines).toEqual({ socket: null })
    await user.click(screen.getByRole('button', { name: 'From a registry…' }))
    expect(useShell.getState().registries).toEqual({ text: '', isWhole: false })
  })

  test('a recent one is looked up anew, and its layers wait', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(home, { answers: { images: { recent: async () => recent } } })
    await user.click(await screen.findByRole('button', { name: 'Open lab.local/app:1' }))
    await waitFor(() => expect(useShell.getState().activeImage).toBe(keyOfSource(source)))
    expect(fake.callsOf('images.inspect')).toEqual([{ source, isFresh: true }])
    expect(fake.callsOf('images.remember')).toEqual([{ source }])
    expect(fake.callsOf('jobs.submit')).toEqual([])
  })

  test('a registry that wants a sign-in gets its form, not a message in the corner', async () => {
    const user = userEvent.setup()
    renderPart(home, {
      answers: {
        images: {
          recent: async () => recent,
          inspect: () => Promise.reject(new ImageError('sign-in', 'lab.local wants to know who asks.')),
        },
      },
    })
    await user.click(await screen.findByRole('button', { name: 'Open lab.local/app:1' }))
    await waitFor(() =>
      expect(useShell.getState().registries).toEqual({ text: 'lab.local/app:1', isWhole: true }),
    )
    expect(screen.queryByRole('alert')).toBeNull()
    expect(useShell.getState().openImages).toEqual([])
  })

  test('what takes long is stopped, and then is not opened after all', async () => {
    const user = userEvent.setup()
    let answer = (): void => {}
    const { fake } = renderPart(home, {
      answers: {
        images: {
          recent: async () => recent,
          inspect: () =>
            new Promise((resolve) => {
              answer = () => resolve(debianInfo)
            }),
        },
      },
    })
    await user.click(await screen.findByRole('button', { name: 'Open lab.local/app:1' }))
    await waitFor(() => expect(useShell.getState().opening).toHaveLength(1))
    useShell.getState().opening[0]?.cancel()
    answer()
    await waitFor(() => expect(useShell.getState().opening).toEqual([]))
    expect(useShell.getState().openImages).toEqual([])
    expect(fake.callsOf('images.remember')).toEqual([])
    expect(screen.queryByRole('alert')).toBeNull()
  })
})

describe('recent images', () => {
  test('nothing is said of recent images while there are none', async () => {
    const { fake } = renderPart(home)
    await waitFor(() => expect(fake.callsOf('images.recent')).toHaveLength(1))
    expect(screen.queryByText('Recent images')).toBeNull()
  })

  test('a missing one stays listed, says so, cannot be opened, and can be removed', async () => {
    const user = userEvent.setup()
    let recent = [
      debianRecent,
      { ...debianRecent, source: { ...debian, path: '/gone.tar' }, title: 'gone', isMissing: true },
    ]
    const { fake } = renderPart(home, {
      answers: {
        images: {
          recent: async () => recent,
          forget: async ({ source }) => {
            recent = recent.filter((image) => keyOfSource(image.source) !== keyOfSource(source))
          },
        },
      },
    })
    const missing = await screen.findByRole('button', { name: 'gone, missing' })
    expect(missing.hasAttribute('disabled')).toBe(true)
    expect(missing.textContent).toContain('missing')
    await user.click(screen.getByRole('button', { name: 'Remove gone from this list' }))
    await waitFor(() => expect(screen.queryByRole('button', { name: 'gone, missing' })).toBeNull())
    expect(fake.callsOf('images.forget')).toEqual([{ source: { kind: 'tar', path: '/gone.tar' } }])
    expect(screen.getByRole('button', { name: 'Open debian:12' })).toBeTruthy()
  })

  test('a click opens it', async () => {
    const user = userEvent.setup()
    renderPart(home, { answers: { images: { recent: async () => [debianRecent] } } })
    await user.click(await screen.findByRole('button', { name: 'Open debian:12' }))
    await waitFor(() => expect(useShell.getState().activeImage).toBe(keyOfSource(debian)))
  })
})
