import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serveAs, USERS, type User } from '../support/app-users.ts'
import type { RunningApp } from '../support/app.ts'
import { screenshot, TestBrowser } from '../support/browser.ts'
import { describeWith } from '../support/needs.ts'
import { openSample, reviewExport, startExport } from '../support/window.ts'

describeWith({ tools: ['chromium'] }, 'an image becomes a bundle by pointing and clicking', () => {
  describe.each(USERS)('as %s', scenes)
})

function scenes(who: User): void {
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    app = await serveAs(who)
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
    await openSample(page)
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
  })

  const picture = (name: string): Promise<void> => screenshot(page, `bundle-${who}-${name}`)

  test('asks what its process gets, and shows the same on the command line', async () => {
    const to = app.home.at('Downloads', 'sample-bundle')
    const wizard = await reviewExport(page, {
      format: 'OCI bundle',
      to,
      atOptions: async (wizard) => {
        await picture('options')
        await wizard.getByLabel('Command').fill('sh -c "id; ls /"')
        await wizard.getByLabel('Extra environment').fill('GREETING=hello there\nPATH')
        await wizard.getByText('"PATH" is not a variable of the environment.').waitFor()
        expect(await wizard.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true)
        await wizard.getByLabel('Extra environment').fill('GREETING=hello there')
        await wizard.getByLabel('Host name').fill('box')
        await wizard.getByLabel('Read-only root').check()
      },
      atDestination: () => picture('destination'),
    })
    await wizard.getByText(/^occystrap process/).waitFor()
    await picture('review')
    await wizard
      .getByText(`'oci://${to}?read_only=true&hostname=box&env=GREETING=hello%20there&arg=sh&arg=-c&arg=`)
      .waitFor()
  })

  test('and writes it, with the line that starts it', async () => {
    const to = app.home.at('Downloads', 'sample-bundle')
    const wizard = page.getByRole('dialog', { name: /^Export / })
    await startExport(wizard)
    await wizard.getByText(/^Exported/).waitFor()
    await wizard.getByText(`runc run --bundle ${to} sample`, { exact: true }).waitFor()
    await wizard.getByText(who === 'root' ? 'Run it as root.' : 'Run it as yourself.').waitFor()
    await picture('done')
    await wizard.getByRole('button', { name: 'Done' }).click()
    expect(await readdir(app.home.at('Downloads'))).toEqual(['sample-bundle'])
    expect((await readdir(to)).toSorted()).toEqual(['config.json', 'rootfs'])
    expect(existsSync(join(to, 'rootfs/srv/app/config.json'))).toBe(true)
    expect(JSON.parse(await readFile(join(to, 'config.json'), 'utf8'))).toMatchObject({
      hostname: 'box',
      root: { readonly: true },
      process: {
        args: ['sh', '-c', 'id; ls /'],
        env: expect.arrayContaining(['GREETING=hello there']) as unknown,
      },
    })
  })

  test('but not over a folder that holds something', async () => {
    const to = app.home.at('Downloads', 'mine')
    await mkdir(to)
    await writeFile(join(to, 'mine.txt'), 'mine')
    const wizard = await reviewExport(page, { format: 'OCI bundle', to })
    await wizard.getByText(`${to} exists already and is not empty.`).waitFor()
    await picture('not-empty')
    expect(await wizard.getByRole('button', { name: 'Export', exact: true }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await rm(to, { recursive: true })
  })

  test('nor over one that was filled between the review and the start', async () => {
    const to = app.home.at('Downloads', 'late')
    const wizard = await reviewExport(page, { format: 'OCI bundle', to })
    await wizard.getByText(/^occystrap process/).waitFor()
    await mkdir(to)
    await writeFile(join(to, 'mine.txt'), 'mine')
    await startExport(wizard)
    await wizard.getByText('The export failed').waitFor()
    await wizard.getByText(`${to} exists already`, { exact: false }).waitFor()
    await picture('failed')
    expect(await readdir(to)).toEqual(['mine.txt'])
    await wizard.getByRole('button', { name: 'Back' }).click()
    await wizard.getByText(`${to} exists already and is not empty.`).waitFor()
    await page.keyboard.press('Escape')
    await rm(to, { recursive: true })
  })

  test('has seen no fault in the page', () => {
    expect(browser.faults).toEqual([])
  })
}
