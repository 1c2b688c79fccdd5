import { existsSync } from 'node:fs'
import { chown, lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serveAs, USERS, type User } from '../support/app-users.ts'
import type { RunningApp } from '../support/app.ts'
import { screenshot, TestBrowser } from '../support/browser.ts'
import { tryCommand } from '../support/command.ts'
import { describeWith } from '../support/needs.ts'
import { openSample, reviewExport, startExport } from '../support/window.ts'

describeWith({ tools: ['chromium'] }, 'an image becomes overlay mounts by pointing and clicking', () => {
  describe.each(USERS)('as %s', scenes)
})

function scenes(who: User): void {
  const isRoot = who === 'root'
  let app: RunningApp
  let browser: TestBrowser
  let page: Page
  let to: string
  let merged: string

  beforeAll(async () => {
    app = await serveAs(who)
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
    to = app.home.at('Downloads', 'sample-mounts')
    await openSample(page)
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    // Nothing removes a folder that something is mounted in.
    if (merged && isRoot) await tryCommand('umount', [merged])
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
  })

  const dialog = (): Locator => page.getByRole('dialog', { name: /^Export / })
  const picture = (name: string): Promise<void> => screenshot(page, `mounts-${who}-${name}`)

  test('asks what they are for, and shows the same on the command line', async () => {
    await page.getByRole('button', { name: 'Export…' }).first().click()
    await dialog().getByRole('radio', { name: 'Overlay mounts' }).click()
    await picture('format')
    await page.keyboard.press('Escape')
    const wizard = await reviewExport(page, {
      format: 'Overlay mounts',
      to,
      atOptions: async (wizard) => {
        await picture('options')
        expect(await wizard.getByLabel('Mount it when it is written').isDisabled()).toBe(!isRoot)
      },
    })
    await wizard.getByText(new RegExp(`^occystrap process .*mounts://${to}$`)).waitFor()
    await picture('review')
  })

  test('and writes a folder for each layer, and one for the image', async () => {
    const wizard = dialog()
    await startExport(wizard)
    await wizard.getByText(/^Exported/).waitFor()
    const [image = ''] = await readdir(join(to, 'images'))
    merged = join(to, 'images', image, 'merged')
    await wizard.getByText(`sh ${to}/images/${image}/mount.sh`, { exact: true }).waitFor()
    await wizard.getByText(`occystrap unmount ${to}`, { exact: true }).waitFor()
    await picture('done')
    const { layers } = JSON.parse(await readFile(join(to, 'images', image, 'layers.json'), 'utf8')) as {
      layers: string[]
    }
    expect((await readdir(join(to, 'layers'))).toSorted()).toEqual(layers.toSorted())
    expect(await readdir(merged)).toEqual([])
  })

  test.runIf(isRoot)('which is mounted and unmounted from the page of the result', async () => {
    const wizard = dialog()
    const file = join(merged, 'srv/app/config.json')
    await wizard.getByRole('button', { name: 'Mount', exact: true }).click()
    await wizard.getByText('Mounted at').waitFor()
    expect(existsSync(file)).toBe(true)
    await picture('mounted')
    await wizard.getByRole('button', { name: 'Unmount', exact: true }).click()
    await wizard.getByText('Unmounted.').waitFor()
    expect(existsSync(file)).toBe(false)
    await wizard.getByRole('button', { name: 'Unmount', exact: true }).click()
    await wizard.getByText('Nothing was mounted.').waitFor()
  })

  test.runIf(!isRoot)('which only root can mount from the page of the result', async () => {
    expect(await dialog().getByRole('button', { name: 'Mount', exact: true }).isDisabled()).toBe(true)
    await dialog().getByText('Only root can mount from here', { exact: false }).waitFor()
  })

  test('and from the list of jobs', async () => {
    await dialog().getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: /^Jobs/ }).click()
    const job = page.getByRole('listitem', { name: /overlay mounts in sample-mounts$/ })
    await job.getByRole('button', { name: 'Mount', exact: true }).waitFor()
    if (isRoot) {
      await job.getByRole('button', { name: 'Mount', exact: true }).click()
      await job.getByText('Mounted at').waitFor()
      expect((await readdir(merged)).length).toBeGreaterThan(0)
    }
    await picture('jobs')
    if (!isRoot) return
    await job.getByRole('button', { name: 'Unmount', exact: true }).click()
    await job.getByText('Unmounted.').waitFor()
    expect(await readdir(merged)).toEqual([])
  })

  test('or at once when it is written, in a folder that shares its layers', async () => {
    await openSample(page)
    const wizard = await reviewExport(page, {
      format: 'Overlay mounts',
      to,
      atOptions: async (wizard) => {
        if (isRoot) await wizard.getByLabel('Mount it when it is written').check()
      },
    })
    await wizard.getByText(/layers are there already and will be shared\.$/).waitFor()
    await picture('review-again')
    await startExport(wizard)
    await wizard.getByText(isRoot ? 'Mounted at' : 'Not mounted yet.').waitFor()
    if (isRoot) {
      expect(existsSync(join(merged, 'srv/app/config.json'))).toBe(true)
      await wizard.getByRole('button', { name: 'Unmount', exact: true }).click()
      await wizard.getByText('Unmounted.').waitFor()
    }
    await wizard.getByRole('button', { name: 'Done' }).click()
  })

  test('but not in a folder that holds something else', async () => {
    const mine = app.home.at('Downloads', 'mine')
    await mkdir(mine)
    await writeFile(join(mine, 'mine.txt'), 'mine')
    const wizard = await reviewExport(page, { format: 'Overlay mounts', to: mine })
    await wizard.getByText(/exists already and is no folder of images to mount\.$/).waitFor()
    await picture('not-ours')
    expect(await wizard.getByRole('button', { name: 'Export', exact: true }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await rm(mine, { recursive: true })
  })

  test('a directory of images gets the merged root filesystem, too', async () => {
    const images = app.home.at('Downloads', 'images')
    await mkdir(images)
    const { uid, gid } = await stat(app.home.path)
    await chown(images, uid, gid)
    const wizard = await reviewExport(page, {
      format: 'Directory of images',
      to: images,
      atOptions: async (wizard) => {
        await wizard.getByLabel('Also write the merged root filesystem').check()
        await picture('expand-options')
      },
    })
    await wizard.getByText('It may be less: the root filesystem is counted', { exact: false }).waitFor()
    await wizard.getByText(`'dir://${images}?expand=true'`, { exact: false }).waitFor()
    await picture('expand-review')
    await startExport(wizard)
    await wizard.getByText(/^Exported/).waitFor()
    await wizard.getByRole('button', { name: 'Done' }).click()
    expect((await lstat(join(images, 'rootfs/srv/app/config.json'))).isFile()).toBe(true)
    expect(existsSync(join(images, 'catalog.json'))).toBe(true)
  })

  test('has seen no fault in the page', () => {
    expect(browser.faults).toEqual([])
  })
}
