import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { dropFiles, screenshot, TestBrowser } from '../support/browser.ts'
import { describeWith } from '../support/needs.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { openSample, pickFile, pickFolder, showTab } from '../support/window.ts'

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

describeWith({ tools: TOOLS, root: true }, 'the window', () => {
  let images: RealImages
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    images = await realImages()
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

  async function goHome(): Promise<void> {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Home' }).click()
  }

  test('opens a file through its picker, and lists it among the recent images', async () => {
    await page.getByRole('main').getByRole('button', { name: 'Open a file' }).click()
    await screenshot(page, 'picker')
    const archive = images.archives.find(({ path }) => path.endsWith('tiny.tar.zst'))
    await pickFile(page, archive?.path ?? '')
    await page.getByRole('heading', { name: 'tiny:latest' }).first().waitFor()
    await page.getByText('2 layers').first().waitFor()
    await goHome()
    await page.getByRole('main').getByText('tiny:latest').first().waitFor()
    await screenshot(page, 'home-recent')
  })

  test('opens an OCI layout as a folder', async () => {
    await page.getByRole('main').getByRole('button', { name: 'Open a folder' }).click()
    await pickFolder(page, images.layout)
    await page.getByText('12 layers').first().waitFor()
    await showTab(page, 'Layers')
    await page.getByRole('grid', { name: 'Layers' }).getByRole('row').nth(12).waitFor()
    await screenshot(page, 'layers-many')
  })

  test('asks which of two images in a file is meant', async () => {
    const two = images.archives.find((archive) => archive.images.length === 2)
    await dropFiles(page, [two?.path ?? ''])
    const chooser = page.getByRole('dialog', { name: /^2 images in/ })
    await chooser.waitFor()
    await screenshot(page, 'choose-image')
    await chooser.getByRole('button', { name: `Open ${images.torture.reference}` }).click()
    await chooser.waitFor({ state: 'hidden' })
    await page.getByRole('heading', { name: images.torture.reference }).first().waitFor()
  })

  test('is used by the keyboard alone: open, walk the files, view, search, close', async () => {
    await goHome()
    // From here on no pointer.
    await page.getByRole('heading', { name: 'Drop an image anywhere' }).waitFor()
    await tabTo('Try the sample image')
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor()
    await page.keyboard.press('Alt+3')
    await page.getByRole('treegrid', { name: 'Files' }).getByRole('row').filter({ hasText: 'etc' }).waitFor()
    await tabTo('Files', 'treegrid')
    for (const key of ['e', 'ArrowRight', 'm', 'Enter']) {
      await page.keyboard.press(key)
      // Letters within a short while are one name to jump to.
      await page.waitForTimeout(1100)
    }
    await page.getByRole('region', { name: 'File' }).getByText('Welcome to the sample application').waitFor()
    await page.keyboard.press('Control+Shift+F')
    await page.keyboard.type('*.netrc')
    await page.getByText('1 result in 1 layer').first().waitFor()
    await page.keyboard.press('Control+e')
    const wizard = page.getByRole('dialog', { name: /^Export / })
    await wizard.waitFor()
    await page.keyboard.press('Escape')
    await wizard.waitFor({ state: 'hidden' })
    await page.getByRole('searchbox').waitFor()
  })

  /** Presses Tab until the control of that name has the focus. */
  async function tabTo(name: string, role: 'button' | 'treegrid' = 'button'): Promise<void> {
    const target = page.getByRole(role, { name, exact: true })
    for (let presses = 0; presses < 60; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`${name} is not reached by Tab`)
  }

  test('lists its keys, and has a palette', async () => {
    await page.keyboard.press('F1')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await screenshot(page, 'keys')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' })
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Command' }).fill('settings')
    await screenshot(page, 'palette')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })

  test('remembers the theme', async () => {
    await page.keyboard.press('Control+,')
    await page.getByRole('radiogroup', { name: 'Theme' }).getByText('Dark', { exact: true }).click()
    await expect.poll(() => background()).toMatch(/^rgb\((\d|[1-4]\d), /)
    await screenshot(page, 'settings')
    await page.reload()
    await page.getByRole('navigation', { name: 'Main' }).waitFor()
    await expect.poll(() => background()).toMatch(/^rgb\((\d|[1-4]\d), /)
    await page.keyboard.press('Control+,')
    await page.getByRole('radiogroup', { name: 'Theme' }).getByText('As the system', { exact: true }).click()
  })

  async function background(): Promise<string> {
    return page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  }

  test('fits a narrow screen: nothing runs out of it sideways', async () => {
    await page.setViewportSize({ width: 800, height: 700 })
    await page.getByRole('button', { name: 'Show sidebar' }).click()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Home' }).click()
    await page.getByRole('button', { name: 'Try the sample image' }).click()
    for (const tab of ['Overview', 'Layers', 'Files', 'Search'] as const) {
      await showTab(page, tab)
      await screenshot(page, `narrow-${tab.toLowerCase()}`)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect.soft(overflow, tab).toBeLessThanOrEqual(0)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  test('says so when the program is gone', async () => {
    await openSample(page)
    expect(browser.faults).toEqual([])
    await app.stop()
    await page.getByText('Occystrap does not answer').waitFor()
    await screenshot(page, 'gone')
  })
})
