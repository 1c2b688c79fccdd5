import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { dropFiles, hoverFiles, screenshot, TestBrowser } from '../support/browser.ts'
import { largeImage } from '../support/large-image.ts'
import { describeWith } from '../support/needs.ts'
import { goToPath, openSample, reviewExport, showTab, startExport } from '../support/window.ts'

const TOOLS = [
  'chromium',
  'dockerd',
  'docker',
  'podman',
  'skopeo',
  'mmdebstrap',
  'zstd',
  'xz',
  'bzip2',
] as const

/** Bytes of all files below a folder. */
async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  return bytes
}

describeWith({ tools: TOOLS, root: true }, 'a tarball of several hundred MB', () => {
  let path: string
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    path = await largeImage()
    app = await RunningApp.serve()
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
    await page.getByRole('heading', { name: 'Drop an image anywhere' }).waitFor()
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
  })

  test('is announced while it hovers over the window', async () => {
    await hoverFiles(page, 'dragenter')
    await page.getByText('Open this image').waitFor()
    await screenshot(page, 'drop')
    await hoverFiles(page, 'dragleave')
    await page.getByText('Open this image').waitFor({ state: 'hidden' })
  })

  test('is dropped, and opens', async () => {
    expect((await stat(path)).size).toBeGreaterThan(400e6)
    await dropFiles(page, [path])
    await page.getByRole('tab', { name: 'Overview' }).waitFor({ timeout: 120_000 })
    await page.getByRole('heading', { name: 'large:1' }).first().waitFor()
    await showTab(page, 'Files')
    await (await goToPath(page, 'srv/app/nested/needle.txt')).click()
    await page.getByRole('region', { name: 'File' }).getByText('needle in a haystack').waitFor()
    await screenshot(page, 'large-files')
  })

  test('is searched inside, and the search stopped midway: what was found by then stays', async () => {
    await showTab(page, 'Search')
    await page.getByRole('searchbox').focus()
    for (const key of ['Alt+t', 'Alt+r', 'Alt+l']) await page.keyboard.press(key)
    await page.getByRole('checkbox', { name: 'Binary files too' }).check()
    // Hundreds of megabytes of noise, and much to be tried at each of them.
    await page.getByRole('searchbox').fill('[^a]{16,32}[0-9]{5}[a-f]{4}')
    await page.getByRole('status').filter({ hasText: 'Searching inside files' }).waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor()
    await screenshot(page, 'search-running')
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByRole('button', { name: 'Go on' }).waitFor()
    expect(browser.faults).toEqual([])
  })

  test('is exported, and cancelled midway: nothing is left behind and the window is fine', async () => {
    const downloads = app.home.at('Downloads')
    // gzip takes many seconds for so much, so that there is a middle.
    const wizard = await reviewExport(page, { to: join(downloads, 'cancelled.tar.gz'), compression: 'gzip' })
    await startExport(wizard)
    await expect.poll(() => bytesBelow(downloads), { timeout: 30_000 }).toBeGreaterThan(10e6)
    await screenshot(page, 'export-running')
    await wizard.getByRole('button', { name: 'Cancel export' }).click()
    await wizard.getByText('nothing was left behind').waitFor()
    expect(await readdir(downloads)).toEqual([])
    await screenshot(page, 'export-cancelled')
    await wizard.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('button', { name: /^Jobs/ }).click()
    await page
      .getByRole('region', { name: 'Ended' })
      .getByText(/^Cancelled/)
      .waitFor()
    await openSample(page)
    expect(browser.faults).toEqual([])
  })

  test('is not kept when the program ends', async () => {
    expect(await bytesBelow(app.home.path)).toBeGreaterThan(400e6)
    await app.stop()
    expect(await bytesBelow(app.home.path)).toBeLessThan(50e6)
  })
})
