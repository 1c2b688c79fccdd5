import { Notifications } from '@mantine/notifications'
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
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
