import { Notifications } from '@mantine/notifications'
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { useRemembered } from '../../renderer/settings/remembered.ts'
import { SettingsPage } from '../../renderer/settings/settings-page.tsx'
import { useTheme } from '../../renderer/settings/use-theme.ts'
import { settingsSchema } from '../../shared/settings.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

function Page() {
  useTheme()
  return (
    <>
      <SettingsPage />
      <Notifications />
    </>
  )
}

test('a theme is kept and drawn at once', async () => {
  const user = userEvent.setup()
  const { fake } = renderPart(<Page />)
  await user.click(await screen.findByRole('radio', { name: 'Dark' }))
  expect(fake.callsOf('settings.set')).toEqual([{ theme: 'dark' }])
  await waitFor(() => expect(document.documentElement.dataset['mantineColorScheme']).toBe('dark'))
})

test('the cache is cleared only after a question that says how much, and what it frees is told', async () => {
  const user = userEvent.setup()
  const { fake } = renderPart(<Page />)
  expect(await screen.findByText('5.00 MB')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Clear…' }))
  expect(fake.callsOf('settings.clearCache')).toEqual([])
  await user.click(await screen.findByRole('button', { name: 'Clear 5.00 MB' }))
  expect(await screen.findByText('Freed 5.00 MB')).toBeTruthy()
  expect(fake.callsOf('settings.clearCache')).toHaveLength(1)
})

test.each([
  ['2.5', 2_500_000_000],
  ['0', 0],
])('a limit of %s GB is kept as bytes', async (text, bytes) => {
  const user = userEvent.setup()
  const { fake } = renderPart(<Page />)
  const box = await screen.findByLabelText('Limit of the layer cache in GB')
  await user.clear(box)
  await user.type(box, text)
  await user.tab()
  expect(fake.callsOf('settings.set')).toEqual([{ cacheLimit: bytes }])
})

test('a file of certificates is chosen, and taken back', async () => {
  const user = userEvent.setup()
  const pickOpen = vi.fn(async () => ['/etc/lab.pem'])
  const { fake } = renderPart(<Page />, { host: { pickOpen } })
  await user.click(await screen.findByRole('button', { name: 'Choose a file of certificates' }))
  expect(pickOpen).toHaveBeenCalledWith({ folders: false, purpose: 'certificates' })
  const section = screen.getByRole('region', { name: 'Certificates' })
  await waitFor(() => expect(section.textContent).toContain('/etc/lab.pem'))
  await user.click(within(section).getByRole('button', { name: 'Trust the system’s certificates alone' }))
  await waitFor(() => expect(section.textContent).not.toContain('/etc/lab.pem'))
  expect(fake.callsOf('settings.set')).toEqual([{ caFile: '/etc/lab.pem' }, { caFile: '' }])
})

test('a registry is checked again, signed out of, and forgotten', async () => {
  const user = userEvent.setup()
  const [lab, hub] = [
    { name: 'lab.local', insecure: true },
    { name: 'docker.io', insecure: false },
  ]
  let settings = settingsSchema.parse({ registries: [lab, hub] })
  const { fake } = renderPart(<Page />, {
    answers: {
      settings: {
        get: async () => settings,
        set: async ({ registries }) => (settings = { ...settings, registries: registries ?? [] }),
      },
    },
  })
  await user.click(await screen.findByRole('button', { name: 'Sign out of lab.local' }))
  expect(await screen.findByText('Signed out of lab.local')).toBeTruthy()
  expect(fake.callsOf('registries.signOut')).toEqual([{ registry: 'lab.local' }])
  await user.click(screen.getByRole('button', { name: 'Check the certificate of lab.local again' }))
  await user.click(await screen.findByRole('button', { name: 'Remove docker.io from this list' }))
  await waitFor(() =>
    expect(fake.callsOf('settings.set')).toEqual([
      { registries: [{ name: 'lab.local', insecure: false }, hub] },
      { registries: [{ name: 'lab.local', insecure: false }] },
    ]),
  )
})

test('an empty limit changes nothing', async () => {
  const user = userEvent.setup()
  const { fake } = renderPart(<Page />)
  const box = await screen.findByLabelText('Limit of the layer cache in GB')
  await user.clear(box)
  await user.tab()
  expect(fake.callsOf('settings.set')).toEqual([])
})

describe('what is remembered of the view', () => {
  const isNumber = (value: unknown): value is number => typeof value === 'number'

  function Width() {
    const [width, setWidth] = useRemembered('pane', 300, isNumber)
    return (
      <button type="button" onClick={() => setWidth(width + 1)}>
        {width}
      </button>
    )
  }

  test('is taken from the settings, but nonsense is not', async () => {
    const answersOf = (pane: unknown) => ({
      settings: { get: async () => settingsSchema.parse({ view: { pane } }) },
    })
    renderPart(<Width />, { answers: answersOf(240) })
    expect(await screen.findByRole('button', { name: '240' })).toBeTruthy()
    resetWindow()
    const { fake } = renderPart(<Width />, { answers: answersOf('wide') })
    await waitFor(() => expect(fake.callsOf('settings.get')).toHaveLength(1))
    expect(screen.getByRole('button').textContent).toBe('300')
  })

  test('many changes of a drag are one write, and leave the rest of the view alone', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Width />, {
      answers: { settings: { get: async () => settingsSchema.parse({ view: { pane: 1, sort: 'size' } }) } },
    })
    for (const width of ['1', '2', '3']) await user.click(await screen.findByRole('button', { name: width }))
    expect(screen.getByRole('button').textContent).toBe('4')
    await waitFor(() => expect(fake.callsOf('settings.set')).toEqual([{ view: { pane: 4, sort: 'size' } }]))
  })
})
