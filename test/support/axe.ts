import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'

/**
 * Two rules judge what is meant otherwise. The results scroll by the keys of the grid around them, which has the focus and names its
 * active row. A recent image's button goes by the image, though its path and age lie inside; a search toggle's sign is a picture.
 */
const OPTIONS: RunOptions = {
  rules: {
    'scrollable-region-focusable': { enabled: false },
    'label-content-name-mismatch': { enabled: false },
  },
}

/** Serious and critical findings of the page as it stands, in the light and in the dark theme: rule, place, and what is wrong there. */
export async function findings(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' })
    // Not a script tag: the page's policy allows none but its own.
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(OPTIONS)})`)
    for (const { id, impact, nodes } of violations)
      if (impact === 'serious' || impact === 'critical')
        for (const { target, failureSummary } of nodes)
          found.push(`${colorScheme}: ${id} at ${target.join(' ')}: ${failureSummary}`)
  }
  return found
}
