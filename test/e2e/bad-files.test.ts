import { randomBytes } from 'node:crypto'
import { copyFile, open, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { dropFiles, screenshot, TestBrowser } from '../support/browser.ts'
import { command } from '../support/command.ts'
import { describeWith } from '../support/needs.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { openSample } from '../support/window.ts'

const SAMPLE = join(import.meta.dirname, '../../out/sample/sample.tar')

/** What people drop by mistake, and what the window must say of it. */
const BAD: Readonly<Record<string, { make: (path: string) => Promise<void>; says: RegExp }>> = {
  'empty.tar': { make: (path) => writeFile(path, ''), says: /empty/i },
  'random.tar': {
    make: (path) => writeFile(path, randomBytes(100_000)),
    says: /not an? (image|tar|known)|no image|not.*image/i,
  },
  'page.tar': {
    make: (path) =>
      writeFile(path, '<!DOCTYPE html><html><head><title>Sign in</title></head></html>\n'.repeat(40)),
    says: /web page|HTML|not.*image/i,
  },
  'plain.tar': {
    make: async (path) => {
      await command('tar', ['-cf', path, '-C', import.meta.dirname, 'bad-files.test.ts'])
    },
    says: /image/i,
  },
  'cut.tar': {
    make: async (path) => {
      await copyFile(SAMPLE, path)
      await truncate(path, 10_000)
    },
    says: /ends|truncated|incomplete|cut/i,
  },
}

describeWith({ tools: ['chromium'] }, 'a wrong file', () => {
  let app: RunningApp
  let browser: TestBrowser
  let page: Page
  let folder: TemporaryFolder

  beforeAll(async () => {
    folder = await TemporaryFolder.make()
    app = await RunningApp.serve()
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
    await page.getByRole('heading', { name: 'Drop an image anywhere' }).waitFor()
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  describe('gets a plain reason and changes nothing', () => {
    test.each(Object.entries(BAD))('%s', async (name, { make, says }) => {
      await make(folder.at(name))
      await dropFiles(page, [folder.at(name)])
      const notice = page.getByRole('region', { name, exact: true })
      await notice.waitFor()
      const text = await notice.innerText()
      expect.soft(text).toMatch(says)
      expect.soft(text).not.toMatch(/Error:|\bat \w+ \(|undefined|\[object/)
      if (name === 'page.tar') await screenshot(page, 'wrong-file')
      await notice.getByRole('button', { name: 'Dismiss' }).click()
      await notice.waitFor({ state: 'hidden' })
      await page.getByText('No image is open').waitFor()
    })
  })

  test('whose content is not what its digest says opens, and is told when it has been read', async () => {
    const path = folder.at('changed.tar')
    await copyFile(SAMPLE, path)
    const text = await command('grep', ['--byte-offset', '--only-matching', '--text', 'release 1.0', path])
    const file = await open(path, 'r+')
    await file.write('release 9.9', Number(text.split(':')[0]))
    await file.close()
    await dropFiles(page, [path])
    const notice = page
      .getByRole('region', { name: /changed\.tar|sample/i })
      .filter({ hasText: /digest|not match|not what/i })
    await notice.first().waitFor()
    await screenshot(page, 'wrong-digest')
  })

  test('leaves the window as it was: the sample opens', async () => {
    await openSample(page)
    expect(browser.faults.filter((fault) => !fault.includes('status of 4'))).toEqual([])
  })
})
