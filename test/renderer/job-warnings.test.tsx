import { screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { JobWarnings } from '../../renderer/jobs/job-warnings.tsx'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

test('each warning is a line, its detail on hover, and the image’s text in both visible', () => {
  const warnings = [
    { code: 'odd-entry', message: 'a\u202eb is odd.', detail: 'at \u001b[31m512' },
    { code: 'index-not-kept', message: 'The list of files could not be kept.' },
  ]
  renderPart(<JobWarnings warnings={warnings} />)
  const lines = screen.getAllByRole('listitem')
  expect(lines.map((line) => [line.textContent, line.getAttribute('title')])).toEqual([
    ['a\\u{202e}b is odd.', 'at \\x1b[31m512'],
    ['The list of files could not be kept.', null],
  ])
})

test('nothing is shown where there is nothing to know', () => {
  renderPart(<JobWarnings warnings={[]} />)
  expect(screen.queryByRole('list', { name: 'Warnings' })).toBeNull()
})
