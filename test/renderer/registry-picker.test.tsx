import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { RegistryPicker } from '../../renderer/registries/registry-picker.tsx'
import { useShell } from '../../renderer/store.ts'
import { ImageError, type ErrorCode } from '../../shared/errors.ts'
import type { Resolved } from '../../shared/remote.ts'
import { settingsSchema, type Settings } from '../../shared/settings.ts'
import { digestOf, untilAborted, type Answers } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

const one: Resolved = {
  reference: 'registry.example:5000/team/app:1.0',
  digest: digestOf('d'),
  attestations: 0,
  platforms: [
    {
      platform: { os: 'linux', architecture: 'amd64' },
      digest: digestOf('1'),
      size: 52_400_000,
      layers: 6,
      isDefault: true,
    },
  ],
}
const three: Resolved = {
  ...one,
  attestations: 2,
  platforms: [
    { ...one.platforms[0]!, isDefault: false },
    {
      platform: { os: 'linux', architecture: 'arm64' },
      digest: digestOf('2'),
      size: 48_000_000,
      layers: 5,
      isDefault: true,
    },
    {
      platform: { os: 'linux', architecture: 's390x' },
      digest: digestOf('3'),
      size: null,
      layers: null,
      isDefault: false,
    },
  ],
}
const used: Settings['registries'] = [
  { name: 'registry.example:5000', insecure: false },
  { name: 'docker.io', insecure: false },
  { name: 'lab.local', insecure: true },
]
const failing =
  (code: ErrorCode, message: string): (() => Promise<never>) =>
  () =>
    Promise.reject(new ImageError(code, message))

function renderPicker(registries: NonNullable<Answers['registries']> = {}, text = '', isWhole = false) {
  let settings = settingsSchema.parse({ registries: used })
  const result = renderPart(<RegistryPicker />, {
    answers: {
      settings: {
        get: async () => settings,
        set: async (part) => (settings = { ...settings, ...(part as Partial<Settings>) }),
      },
      registries: { resolve: async () => one, ...registries },
    },
  })
  act(() => useShell.getState().openRegistries({ text, isWhole }))
  return result
}

const box = () => screen.findByRole<HTMLInputElement>('combobox', { name: 'Reference of the image' })
const options = (name: string) =>
  within(screen.getByRole('listbox', { name }))
    .getAllByRole('option')
    .map((option) => option.textContent)
const opened = () => useShell.getState().openImages.map(({ source }) => source)

describe('completion', () => {
  test('registries used before, then repositories, then tags; taken by Enter', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker({
      repositories: async () => ({ names: ['team/app', 'other'], isTruncated: false }),
      tags: async () => ({ names: ['1.0', 'latest', '2.0'], isTruncated: false }),
    })
    const input = await box()
    expect(document.activeElement).toBe(input)
    expect(options('Registries')).toEqual(['registry.example:5000', 'docker.io', 'lab.local'])
    await user.keyboard('reg{ArrowDown}{Enter}')
    expect(input.value).toBe('registry.example:5000/')
    await waitFor(() => expect(options('Repositories')).toEqual(['team/app', 'other']))
    await user.keyboard('te{ArrowDown}{Tab}')
    expect(input.value).toBe('registry.example:5000/team/app:')
    await waitFor(() => expect(options('Tags')).toEqual(['latest', '2.0', '1.0']))
    await user.keyboard('2')
    expect(options('Tags')).toEqual(['2.0'])
    await user.click(screen.getByRole('option', { name: '2.0' }))
    expect(input.value).toBe('registry.example:5000/team/app:2.0')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(fake.callsOf('registries.resolve'), 'taking a name is not looking it up').toEqual([])
    expect(fake.callsOf('registries.tags')).toEqual([
      { image: 'registry.example:5000/team/app', insecure: false },
    ])
  })

  test('a registry is asked once typing rests, and not for every letter', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker()
    await box()
    await user.keyboard('a.example/one:')
    expect(fake.callsOf('registries.tags')).toEqual([])
    await user.keyboard('{Backspace}2:')
    await waitFor(() => expect(fake.callsOf('registries.tags')).toHaveLength(1))
    expect(fake.callsOf('registries.tags')).toEqual([{ image: 'a.example/one2', insecure: false }])
  })

  test('a question that is not wanted any more is given up', async () => {
    const user = userEvent.setup()
    let signal: AbortSignal | undefined
    renderPicker({
      tags: (_, options) => {
        signal = options?.signal
        return untilAborted(options?.signal)
      },
    })
    await box()
    await user.keyboard('a.example/one:')
    await waitFor(() => expect(signal).toBeDefined())
    await user.keyboard('{Backspace}')
    await waitFor(() => expect(signal?.aborted).toBe(true))
  })

  test('a registry that does not list is no failure', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker({ repositories: failing('server', 'It does not list.') })
    await box()
    await user.keyboard('lab.local/')
    await waitFor(() =>
      expect(fake.callsOf('registries.repositories')).toEqual([{ registry: 'lab.local', insecure: true }]),
    )
    expect(screen.queryByRole('alert')).toBeNull()
    expect(screen.queryByRole('listbox')).toBeNull()
  })

  test('Esc puts the list away first, and the dialog then', async () => {
    const user = userEvent.setup()
    renderPicker()
    await box()
    await user.keyboard('d')
    expect(screen.getByRole('listbox')).toBeTruthy()
    await user.keyboard('{Escape}')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(useShell.getState().registries).not.toBeNull()
    await user.keyboard('{Escape}')
    expect(useShell.getState().registries).toBeNull()
  })
})

describe('looking up', () => {
  test('Enter twice opens the only platform; the registry is used first from now on', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker()
    await box()
    await user.keyboard('lab.local/app{Enter}')
    expect(await screen.findByText('registry.example:5000/team/app:1.0')).toBeTruthy()
    expect(screen.getByText('52.4 MB')).toBeTruthy()
    expect(screen.queryByRole('radio')).toBeNull()
    expect(fake.callsOf('registries.resolve')).toEqual([{ image: 'lab.local/app:latest', insecure: true }])
    expect(fake.callsOf('settings.set')).toEqual([{ registries: [used[2], used[0], used[1]] }])
    await user.keyboard('{Enter}')
    await waitFor(() =>
      expect(opened()).toEqual([{ kind: 'registry', image: 'lab.local/app:latest', insecure: true }]),
    )
    expect(useShell.getState().registries).toBeNull()
    expect(fake.callsOf('jobs.submit'), 'nothing large is moved').toEqual([])
  })

  test('platforms are a choice with sizes; the default is chosen, has the focus, and Enter takes it', async () => {
    const user = userEvent.setup()
    renderPicker({ resolve: async () => three })
    await box()
    await user.keyboard('registry.example:5000/team/app:1.0{Enter}')
    const chosen = await screen.findByRole('radio', { name: /^linux\/arm64/ })
    expect((chosen as HTMLInputElement).checked).toBe(true)
    expect(document.activeElement).toBe(chosen)
    expect(screen.getAllByRole('radio').map((radio) => radio.closest('label')?.textContent)).toEqual([
      'linux/amd6452.4 MB6',
      'linux/arm64default48.0 MB5',
      'linux/s390x——',
    ])
    expect(screen.getByText(/^2 attestations/)).toBeTruthy()
    await user.keyboard('{Enter}')
    await waitFor(() =>
      expect(opened()).toEqual([
        {
          kind: 'registry',
          image: 'registry.example:5000/team/app:1.0',
          platform: { os: 'linux', architecture: 'arm64' },
        },
      ]),
    )
  })

  test('another platform is chosen by a click', async () => {
    const user = userEvent.setup()
    renderPicker({ resolve: async () => three }, 'registry.example:5000/team/app:1.0', true)
    await user.click(await screen.findByRole('radio', { name: /^linux\/s390x/ }))
    await user.click(screen.getByRole('button', { name: 'Open' }))
    await waitFor(() => expect(opened()).toMatchObject([{ platform: { architecture: 's390x' } }]))
  })

  test('a digest that was typed stays', async () => {
    renderPicker({}, `lab.local/app@${digestOf('e')}`, true)
    const user = userEvent.setup()
    await screen.findByText('52.4 MB')
    await user.click(screen.getByRole('button', { name: 'Open' }))
    await waitFor(() => expect(opened()).toMatchObject([{ image: `lab.local/app@${digestOf('e')}` }]))
  })

  test('what is typed afterwards forgets what was found', async () => {
    const user = userEvent.setup()
    renderPicker({}, 'lab.local/app', true)
    await screen.findByText('52.4 MB')
    await user.type(await box(), '2')
    expect(screen.queryByText('52.4 MB')).toBeNull()
    expect(screen.getByRole('button', { name: 'Open' }).hasAttribute('disabled')).toBe(true)
  })

  test('one that is under way is stopped by typing', async () => {
    const user = userEvent.setup()
    let signal: AbortSignal | undefined
    renderPicker(
      {
        resolve: (_, options) => {
          signal = options?.signal
          return untilAborted(options?.signal)
        },
      },
      'lab.local/app',
      true,
    )
    expect(await screen.findByText('Asking lab.local')).toBeTruthy()
    await user.type(await box(), 'x')
    expect(signal?.aborted).toBe(true)
    expect(screen.queryByText('Asking lab.local')).toBeNull()
    expect(screen.queryByRole('alert')).toBeNull()
  })

  test('a text that is no reference is said at the box, and nobody is asked', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker()
    await box()
    await user.keyboard('Not A Name{Enter}')
    expect(await screen.findByText(/is not an image reference/)).toBeTruthy()
    expect(fake.callsOf('registries.resolve')).toEqual([])
  })

  test('texts of a registry are text', async () => {
    renderPicker({ resolve: async () => ({ ...one, reference: '<i>x</i>\u202e' }) }, 'lab.local/app', true)
    expect(await screen.findByText('<i>x</i>\\u{202e}')).toBeTruthy()
  })
})

describe('what goes wrong', () => {
  test('an unknown tag is said, what was typed is there to be changed, and the tags that are there are offered', async () => {
    const user = userEvent.setup()
    renderPicker({
      resolve: async ({ image }) => {
        if (image.endsWith(':9')) throw new ImageError('not-found', 'It is not there.')
        return one
      },
      tags: async () => ({ names: ['1.0', '2.0'], isTruncated: false }),
    })
    const input = await box()
    await user.keyboard('registry.example:5000/team/app:9{Enter}')
    await screen.findByText('registry.example:5000 has the repository team/app, but no 9 in it.')
    expect(input.value).toBe('registry.example:5000/team/app:9')
    expect(document.activeElement).toBe(input)
    const others = screen.getByRole('region', { name: 'Tags that are there' })
    expect(
      within(others)
        .getAllByRole('button')
        .map(({ textContent }) => textContent),
    ).toEqual(['2.0', '1.0'])
    await user.click(within(others).getByRole('button', { name: '1.0' }))
    expect(await screen.findByText('52.4 MB')).toBeTruthy()
    expect(input.value).toBe('registry.example:5000/team/app:1.0')
  })

  test('an unknown repository is said to be one', async () => {
    renderPicker(
      {
        resolve: failing('not-found', 'It is not there.'),
        tags: failing('not-found', 'No such repository.'),
      },
      'lab.local/team/nothing:1',
      true,
    )
    expect(
      await screen.findByText('lab.local has no repository team/nothing, or does not show it.'),
    ).toBeTruthy()
  })

  test('where the registry does not list its tags, its own words stand', async () => {
    renderPicker(
      { resolve: failing('not-found', 'It is not there.'), tags: failing('server', 'No.') },
      'lab.local/team/nothing:1',
      true,
    )
    expect((await screen.findByRole('alert')).textContent).toContain('It is not there.')
  })

  test('what cannot be reached is tried again, and is not remembered as used', async () => {
    const user = userEvent.setup()
    const resolve = vi
      .fn<() => Promise<Resolved>>()
      .mockImplementationOnce(failing('network', 'lab.local cannot be reached.'))
      .mockResolvedValue(one)
    const { fake } = renderPicker({ resolve }, 'lab.local/app', true)
    expect((await screen.findByRole('alert')).textContent).toContain('lab.local cannot be reached.')
    expect(fake.callsOf('settings.set')).toEqual([])
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByText('52.4 MB')).toBeTruthy()
  })

  test('an unknown certificate is trusted only after it was said what that means, for this registry', async () => {
    const user = userEvent.setup()
    const { fake } = renderPicker(
      {
        resolve: async ({ insecure }) => {
          if (!insecure) throw new ImageError('certificate', 'new.example is not proved.')
          return one
        },
      },
      'new.example/app',
      true,
    )
    await user.click(await screen.findByRole('button', { name: 'Trust without checking…' }))
    const question = screen.getByRole('region', { name: 'Trust without checking' })
    expect(question.textContent).toContain('would not know that it talks to new.example')
    expect(document.activeElement).toBe(within(question).getByRole('button', { name: 'Back' }))
    expect(fake.callsOf('registries.resolve')).toHaveLength(1)
    await user.click(within(question).getByRole('button', { name: 'Trust without checking' }))
    expect(await screen.findByText('The certificate of new.example is not checked.')).toBeTruthy()
    await waitFor(() =>
      expect(fake.callsOf('settings.set')).toEqual([
        { registries: [{ name: 'new.example', insecure: true }, ...used] },
      ]),
    )
    await user.click(screen.getByRole('button', { name: 'Open' }))
    await waitFor(() => expect(opened()).toMatchObject([{ insecure: true }]))
  })
})

describe('signing in', () => {
  function renderSignIn(more: NonNullable<Answers['registries']> = {}) {
    let isSignedIn = false
    return renderPicker(
      {
        resolve: async () => {
          if (!isSignedIn) throw new ImageError('sign-in', 'lab.local wants to know who asks.')
          return one
        },
        keeping: async () => ({ keeps: ['helper', 'session'], helper: 'secretservice' }),
        signIn: async ({ password }) => {
          if (password !== 'right') throw new ImageError('sign-in', 'lab.local does not take this password.')
          isSignedIn = true
        },
        ...more,
      },
      'lab.local/app',
      true,
    )
  }

  test('a wrong password says so, keeps the user and asks for the password; the right one looks up by itself', async () => {
    const user = userEvent.setup()
    const { fake } = renderSignIn()
    const form = await screen.findByRole('form', { name: 'Sign in to lab.local' })
    expect(form.textContent).toContain('lab.local wants to know who asks.')
    const name = within(form).getByLabelText<HTMLInputElement>('User')
    expect(document.activeElement).toBe(name)
    await screen.findByRole('radio', { name: 'With the credential helper secretservice' })
    await user.keyboard('ada{Tab}wrong{Enter}')
    expect(await screen.findByText('lab.local does not take this password.')).toBeTruthy()
    expect(name.value).toBe('ada')
    const password = within(form).getByLabelText<HTMLInputElement>('Password or token')
    expect(password.value).toBe('')
    expect(password.type).toBe('password')
    await waitFor(() => expect(document.activeElement).toBe(password))
    await user.click(screen.getByRole('radio', { name: 'Only while Occystrap runs' }))
    await user.type(password, 'right{Enter}')
    expect(await screen.findByText('52.4 MB')).toBeTruthy()
    expect(fake.callsOf('registries.signIn')).toEqual([
      { registry: 'lab.local', username: 'ada', password: 'wrong', keep: 'helper', insecure: true },
      { registry: 'lab.local', username: 'ada', password: 'right', keep: 'session', insecure: true },
    ])
    expect(JSON.stringify(fake.callsOf('settings.set'))).not.toContain('right')
  })

  test('nothing is sent before both are there', async () => {
    const user = userEvent.setup()
    const { fake } = renderSignIn()
    await screen.findByRole('form', { name: 'Sign in to lab.local' })
    await user.keyboard('ada{Enter}')
    expect(screen.getByRole('button', { name: 'Sign in' }).hasAttribute('disabled')).toBe(true)
    expect(fake.callsOf('registries.signIn')).toEqual([])
  })

  test('where there is one way to keep it, that is said instead of asked', async () => {
    renderSignIn({ keeping: async () => ({ keeps: ['session'], helper: null }) })
    expect(await screen.findByText('Kept: only while Occystrap runs.')).toBeTruthy()
    expect(screen.queryByRole('radio')).toBeNull()
  })

  test('a failure that is not about the password is told as what it is', async () => {
    const user = userEvent.setup()
    renderSignIn({ signIn: failing('network', 'lab.local cannot be reached.') })
    await screen.findByRole('form', { name: 'Sign in to lab.local' })
    await user.keyboard('ada{Tab}right{Enter}')
    expect((await screen.findByRole('alert')).textContent).toContain('lab.local cannot be reached.')
    expect(screen.getByLabelText<HTMLInputElement>('Password or token').value).toBe('right')
  })
})
