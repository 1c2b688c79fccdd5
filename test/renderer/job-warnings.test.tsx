import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { JobWarnings } from '../../renderer/jobs/job-warnings.tsx'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

test('each warning is a line, its detail below on demand, and the image’s text in both visible', async () => {
  const user = userEvent.setup()
  const warnings = [
    { code: 'odd-entry', message: 'a\u202eb is odd.', detail: 'at \u001b[31m512\nat 1024' },
    { code: 'index-not-kept', message: 'The list of files could not be kept.' },
  ]
  renderPart(<JobWarnings warnings={warnings} />)
  const lines = screen.getAllByRole('listitem')
  expect(lines.map((line) => line.textContent)).toEqual([
    'a\\u{202e}b is odd.at \\x1b[31m512\nat 1024',
    'The list of files could not be kept.',
  ])
  const [detailed] = screen.getAllByRole('group')
  expect(detailed?.hasAttribute('open')).toBe(false)
  await user.click(screen.getByText('a\\u{202e}b is odd.'))
  expect(detailed?.hasAttribute('open')).toBe(true)
})

test('nothing is shown where there is nothing to know', () => {
  renderPart(<JobWarnings warnings={[]} />)
  expect(screen.queryByRole('list', { name: 'Warnings' })).toBeNull()
})
