import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { findings } from '../support/axe.ts'
import { TestBrowser } from '../support/browser.ts'
import { describeWith } from '../support/needs.ts'
import { goToPath, openSample, pickPlaceToSave, showTab, startExport, type Tab } from '../support/window.ts'

describeWith({ tools: ['chromium'] }, 'assistive technology can use', () => {
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
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

  async function go(name: RegExp): Promise<void> {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name }).click()
  }

  test('home, without images', async () => {
    expect.soft(await findings(page)).toEqual([])
  })

  test('the picker', async () => {
    await page.getByRole('main').getByRole('button', { name: 'Open a file' }).click()
    await page.getByRole('dialog', { name: 'Open a file' }).getByRole('option').first().waitFor()
    expect.soft(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  test.each(['Overview', 'Layers', 'Files', 'Search'] as const)('an image: %s', async (tab: Tab) => {
    if (tab === 'Overview') await openSample(page)
    await showTab(page, tab)
    if (tab === 'Files') await (await goToPath(page, 'etc/os-release')).click()
    if (tab === 'Search') {
      await page.getByRole('searchbox').first().fill('*')
      await page
        .getByRole('row')
        .or(page.getByRole('treeitem'))
        .or(page.getByRole('option'))
        .first()
        .waitFor()
    }
    expect.soft(await findings(page)).toEqual([])
  })

  test('the wizard, step by step', async () => {
    await page.getByRole('button', { name: 'Export…' }).first().click()
    const wizard = page.getByRole('dialog', { name: /^Export / })
    await wizard.getByRole('radiogroup', { name: 'Format' }).waitFor()
    expect.soft(await findings(page)).toEqual([])
    await wizard.getByRole('button', { name: 'Next' }).click()
    await wizard.getByRole('checkbox', { name: 'Normalise timestamps' }).check()
    expect.soft(await findings(page)).toEqual([])
    await wizard.getByRole('button', { name: 'Next' }).click()
    expect.soft(await findings(page)).toEqual([])
    await wizard.getByRole('button', { name: 'Choose…' }).click()
    // Esc closes what lies on top, and that only.
    await page.getByRole('dialog', { name: 'Save as' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Save as' }).waitFor({ state: 'hidden' })
    await wizard.getByRole('button', { name: 'Choose…' }).click()
    await pickPlaceToSave(page, app.home.at('Downloads/sample.tar'))
    await wizard.getByRole('button', { name: 'Next' }).click()
    await wizard.getByText('The same on the command line').waitFor()
    expect.soft(await findings(page)).toEqual([])
    await startExport(wizard)
    await wizard.getByText('docker load').waitFor()
    expect.soft(await findings(page)).toEqual([])
    await wizard.getByRole('button', { name: 'Done' }).click()
  })

  test('jobs, settings, and home with images', async () => {
    await go(/^Jobs/)
    await page.getByRole('button', { name: 'Show steps' }).first().click()
    expect.soft(await findings(page)).toEqual([])
    await go(/^Settings/)
    await page.getByRole('heading', { name: 'About' }).waitFor()
    expect.soft(await findings(page)).toEqual([])
    await go(/^Home/)
    await page.getByRole('heading', { name: 'Recent images' }).waitFor()
    expect.soft(await findings(page)).toEqual([])
  })

  test('the palette and the list of keys', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Command' }).waitFor()
    expect.soft(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('textbox', { name: 'Command' }).waitFor({ state: 'hidden' })
    await page.keyboard.press('F1')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    expect.soft(await findings(page)).toEqual([])
  })
})
