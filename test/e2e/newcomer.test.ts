import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { screenshot, TestBrowser } from '../support/browser.ts'
import { Dockerd } from '../support/daemons.ts'
import { describeWith } from '../support/needs.ts'
import { goToPath, openSample, reviewExport, showTab, startExport } from '../support/window.ts'

const SAMPLE = join(import.meta.dirname, '../../out/sample/sample.tar')

describeWith({ tools: ['chromium', 'dockerd', 'docker'], root: true }, 'a newcomer after npm ci', () => {
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    app = await RunningApp.npmStart()
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
  })

  test('runs npm start and is told in one line why the window opens in a browser', async () => {
    const lines = app.output.trim().split('\n')
    expect(lines.filter((line) => /^Electron.* in a browser instead\.$/.test(line))).toHaveLength(1)
    expect(lines.at(-1)).toContain(app.url)
    await page.getByRole('heading', { name: 'Drop an image anywhere' }).waitFor()
    await screenshot(page, 'home')
  })

  test('opens the sample and reads what it is', async () => {
    await openSample(page)
    await page.getByRole('region', { name: 'Identity' }).getByText('Image ID').waitFor()
    await page.getByRole('region', { name: 'Configuration' }).waitFor()
    await screenshot(page, 'overview')
  })

  test('sees its layers and what made them', async () => {
    await showTab(page, 'Layers')
    const layers = page.getByRole('grid', { name: 'Layers' })
    await layers.getByRole('row', { name: /COPY dir:app/ }).click()
    await page.getByRole('region', { name: 'Layer 1' }).getByText('diffID').waitFor()
    await screenshot(page, 'layers')
  })

  test('views a file, and how an earlier layer had it', async () => {
    await showTab(page, 'Files')
    await (await goToPath(page, 'srv/app/config.json')).click()
    const viewer = page.getByRole('region', { name: 'File' })
    await viewer.getByText('"logLevel": "info"').waitFor()
    await screenshot(page, 'files')
    await viewer.getByRole('button', { name: /^.?\s*Layer 1: added/ }).click()
    await viewer.getByText('"logLevel": "debug"').waitFor()
  })

  test('views a picture, and a file that is deleted', async () => {
    await (await goToPath(page, 'srv/app/logo.png')).click()
    const viewer = page.getByRole('region', { name: 'File' })
    await viewer.getByRole('img', { name: /logo\.png$/ }).waitFor()
    await screenshot(page, 'picture')
    await page.getByRole('button', { name: 'Only deleted' }).click()
    const table = page.getByRole('treegrid', { name: 'Files' })
    await table.getByRole('row').filter({ hasText: '.netrc' }).click()
    await viewer.getByText('Deleted by layer 2').waitFor()
    await viewer.getByText('not-a-real-secret').waitFor()
    await screenshot(page, 'deleted-file')
  })

  test('searches every layer from anywhere', async () => {
    await page.keyboard.press('Control+Shift+F')
    await page.getByRole('searchbox', { name: 'Search names in all layers' }).fill('*.netrc')
    await page.getByText('1 result in 1 layer').first().waitFor()
    await page.getByText('deleted by layer 2').waitFor()
    await screenshot(page, 'search')
    await page.getByRole('searchbox').fill('nothing-is-called-this')
    await page.getByText('0 results').first().waitFor()
    await screenshot(page, 'search-nothing')
  })

  test('exports it as a tarball that Docker loads under the same ID', async () => {
    const to = app.home.at('Downloads', 'exported.tar')
    const wizard = await reviewExport(page, { to })
    await wizard.getByText('occystrap process').first().waitFor()
    await screenshot(page, 'export-review')
    await startExport(wizard)
    await wizard.getByText(/^Exported/).waitFor()
    await wizard
      .getByText(/docker load/)
      .first()
      .waitFor()
    await screenshot(page, 'export-done')
    await wizard.getByRole('button', { name: 'Done' }).click()
    expect(await readdir(app.home.at('Downloads'))).toEqual(['exported.tar'])

    await using engine = await Dockerd.start()
    const load = async (path: string): Promise<string> => {
      await engine.docker('load', '--quiet', '--input', path)
      const ids = (
        await engine.docker('image', 'ls', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}')
      ).trim()
      await engine.docker('image', 'rm', '--force', ids.split(' ')[0] ?? '')
      return ids
    }
    expect(await load(to)).toBe(await load(SAMPLE))
  })

  test('exports it into a directory of images', async () => {
    const to = app.home.at('Downloads', 'images')
    await mkdir(to)
    const wizard = await reviewExport(page, { format: 'Directory of images', to })
    await startExport(wizard)
    await wizard.getByText(/^Exported/).waitFor()
    await wizard.getByRole('button', { name: 'Done' }).click()
    for (const name of ['manifest.json', 'catalog.json'])
      expect.soft(existsSync(join(to, name)), name).toBe(true)
  })

  test('finds both exports among the jobs, with where they went', async () => {
    await page.getByRole('button', { name: /^Jobs/ }).click()
    const ended = page.getByRole('region', { name: 'Ended' })
    for (const name of ['exported.tar', 'images'])
      await ended
        .getByRole('listitem', { name: new RegExp(`Export .*${name}`) })
        .getByText('Done')
        .waitFor()
    await screenshot(page, 'jobs')
  })

  test('has seen no fault in the page', () => {
    expect(browser.faults).toEqual([])
  })
})
