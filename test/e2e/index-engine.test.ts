import { chmod } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { screenshot, TestBrowser } from '../support/browser.ts'
import { FakeEngine } from '../support/fake-engine.ts'
import { buildImage } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { openSample, showTab } from '../support/window.ts'

describeWith({ tools: ['chromium'] }, 'images of an engine that were never opened', () => {
  let folder: TemporaryFolder
  let engine: FakeEngine
  let app: RunningApp
  let browser: TestBrowser
  let page: Page
  /** The second image's export ends when this does. */
  const hold = Promise.withResolvers<void>()

  beforeAll(async () => {
    folder = await TemporaryFolder.make()
    engine = await FakeEngine.start(folder.at('docker.sock'), [
      buildImage({ references: ['shop:1'], layers: [[{ path: 'srv/never-opened', content: '1' }]] }),
      buildImage({ references: ['shop:2'], layers: [[{ path: 'srv/never-opened', content: '2' }]] }),
    ])
    engine.onExport = async (response, tar) => {
      if (engine.exports > 1) await hold.promise
      response.end(tar)
    }
    await chmod(folder.path, 0o755)
    await chmod(engine.socket, 0o666)
    vi.stubEnv('DOCKER_HOST', `unix://${engine.socket}`)
    app = await RunningApp.serve()
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    vi.unstubAllEnvs()
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('are read when somebody asks for it, paused, resumed, and then found', async () => {
    await openSample(page)
    await showTab(page, 'Search')
    await page.getByText('All images opened before', { exact: true }).click()
    await page.getByRole('searchbox').fill('never-opened')
    await page.getByText('has 2 images that were never opened.').waitFor()
    expect(engine.exports).toBe(0)
    await screenshot(page, 'index-engine-offered')
    await page.getByRole('button', { name: /^Read their layers/ }).click()
    // What was read is found while the rest is on its way.
    await page.getByText('1 result in 1 image').waitFor()
    await page.getByText(/, 2 of 2: shop:2$/).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await screenshot(page, 'index-engine-paused')
    await page.getByRole('button', { name: 'Jobs', exact: true }).click()
    await page
      .getByRole('listitem', { name: /^Read the layers of all images of/ })
      .getByText('Paused', { exact: true })
      .waitFor()
    await screenshot(page, 'index-engine-jobs')
    hold.resolve()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('2 images read').waitFor()
    expect(engine.exports).toBe(2)
    expect(browser.faults).toEqual([])
  })
})
