import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { ErrorNote, errorTitle } from '../../renderer/parts/error-note.tsx'
import { errorCodeSchema } from '../../shared/errors.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

test.each(errorCodeSchema.options)('%s has words of its own and a remedy', (code) => {
  renderPart(<ErrorNote report={{ code, message: 'The thing, the reason.' }} />)
  const [, title, message, remedy] =
    /^(.*?)(The thing, the reason\.)(.*)$/.exec(screen.getByRole('alert').textContent) ?? []
  expect(title).toBe(errorTitle(code))
  expect(message).toBeDefined()
  expect(remedy).toMatch(/^[A-Z].{10,}\.$/)
  expect(`${title}${remedy}`).not.toMatch(/!|oops/i)
})

test('no two kinds of failure have the same heading', () => {
  const titles = errorCodeSchema.options.map(errorTitle)
  expect(new Set(titles).size).toBe(titles.length)
})

test("the report's own remedy is shown instead of the general one, and the detail only on demand", async () => {
  const user = userEvent.setup()
  const report = { code: 'io', message: 'a.', remedy: 'Turn it round.', detail: 'EIO: read' } as const
  renderPart(<ErrorNote report={report} />)
  expect(screen.getByText('Turn it round.')).toBeTruthy()
  expect(screen.queryByText('EIO: read')).toBeNull()
  await user.click(screen.getByRole('button', { name: 'Show detail' }))
  expect(screen.getByText('EIO: read')).toBeTruthy()
})

test('text of an image is shown as text, its control characters and bidi marks visible', () => {
  renderPart(
    <ErrorNote report={{ code: 'malformed', message: '<img src=x onerror=alert(1)>\u202e\u001b[31m' }} />,
  )
  expect(document.querySelector('img')).toBeNull()
  expect(screen.getByRole('alert').textContent).toContain('<img src=x onerror=alert(1)>\\u{202e}\\x1b[31m')
})
