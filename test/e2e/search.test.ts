import { chown, readFile, stat } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { findings } from '../support/axe.ts'
import { screenshot, TestBrowser } from '../support/browser.ts'
import { command } from '../support/command.ts'
import { buildImage, writeDockerArchive, type FileSpec } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { openSample, pickFile, pickPlaceToSave, showTab } from '../support/window.ts'

const SECRET = 'DB_HOST=db\nDB_PASSWORD=correct-horse-battery\n'
const HTML = '<img src=x onerror="document.title=\'owned\'">'
/** Names and contents that would do something, were they believed. */
const HOSTILE: readonly FileSpec[] = [
  { path: `srv/hostile/${HTML}`, content: `hostile ${HTML}\n` },
  { path: 'srv/hostile/\u001b]0;owned\u0007\u001b[31mred', content: 'hostile \u001b[2J\u001b[31mred\n' },
  { path: 'srv/hostile/gpj.\u202eexe', content: 'hostile \u202egnp.exe\n' },
  { path: 'srv/hostile/long', content: `${'x'.repeat(65_536)}hostile${'y'.repeat(65_536)}\n` },
  { path: 'srv/hostile/line\nbreak', content: 'hostile \u2028 line\n' },
]
const MANY = Array.from({ length: 300 }, (_, i): FileSpec => ({
  path: `usr/share/doc/package-${i % 20}/file-${i}.conf`,
  content: `# configuration ${i}\nlisten = ${8000 + i}\n`,
}))

describeWith({ tools: ['chromium'] }, 'every layer is searched by pointing and typing', () => {
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    app = await RunningApp.serve()
    browser = await TestBrowser.start()
    page = await browser.open(app.url)
    const image = buildImage({
      references: ['shop.example/app:1'],
      layers: [
        [...MANY, { path: 'bin/su', content: 'su', mode: 0o4755 }],
        [{ path: 'app/.env', content: SECRET }, ...HOSTILE],
        [{ path: 'app/.wh..env' }, { path: 'usr/share/doc/package-0/file-0.conf', content: '# replaced\n' }],
      ],
      overrides: {
        history: [
          { created_by: 'ADD rootfs.tar /' },
          { created_by: `COPY secrets ${HTML} \u001b[31m` },
          { created_by: 'RUN rm /app/.env' },
        ],
      },
    })
    const path = app.home.at('Downloads', 'app.tar')
    await writeDockerArchive(image, path, { flavour: 'docker-25-gzip' })
    const { uid, gid } = await stat(app.home.path)
    await chown(path, uid, gid)
    await openSample(page)
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Home' }).click()
    await page.getByRole('main').getByRole('button', { name: 'Open a file' }).click()
    await pickFile(page, path)
    await page.getByRole('heading', { name: 'shop.example/app:1' }).first().waitFor()
  })

  afterEach((context) => browser.keepFailure(context))

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await app?.[Symbol.asyncDispose]()
  })

  const picture = (name: string): Promise<void> => screenshot(page, `search-${name}`)
  const box = (): Locator => page.getByRole('searchbox')
  const results = (): Locator => page.getByRole('treegrid', { name: 'Results' })
  const row = (text: string): Locator => results().getByRole('row').filter({ hasText: text }).first()
  const status = (words: string | RegExp): Promise<void> =>
    page.getByRole('status').filter({ hasText: words }).first().waitFor()
  const toggle = (name: string): Locator => page.getByRole('button', { name, exact: true })

  test('from anywhere, by one key', async () => {
    await showTab(page, 'Layers')
    await page.keyboard.press('Control+Shift+F')
    await page.getByText('Find a path in any layer').waitFor()
    expect(await box().evaluate((element) => element === document.activeElement)).toBe(true)
    await picture('nothing-typed')
    expect.soft(await findings(page)).toEqual([])
  })

  test('results come while typing, and are counted aloud', async () => {
    await page.keyboard.type('.conf', { delay: 20 })
    await status('301 results in 2 layers')
    await row('file-0.conf').waitFor()
    await picture('names')
    expect.soft(await findings(page)).toEqual([])
  })

  test('a segment of the strip leaves only its layer', async () => {
    const strip = page.getByRole('group', { name: 'Layers, base first' })
    await strip.getByRole('button', { name: /Layer 2 / }).click()
    await status('1 result in 1 layer')
    expect(await row('file-0.conf').textContent()).toContain('in the final image')
    await strip.getByRole('button', { name: /Layer 2 / }).click()
    await status('301 results in 2 layers')
  })

  test('toggles have keys, and what is no expression is explained', async () => {
    await box().fill('(')
    await page.keyboard.press('Alt+r')
    expect(await toggle('Regular expression').getAttribute('aria-pressed')).toBe('true')
    await page.getByText(/^Not a regular expression: /).waitFor()
    await picture('invalid')
    expect.soft(await findings(page)).toEqual([])
    await box().fill('FILE-1[0-3]\\.conf$')
    await status('4 results in 1 layer')
    await page.keyboard.press('Alt+c')
    await page.getByText('Nothing found').waitFor()
    await picture('nothing-found')
    await page.keyboard.press('Alt+c')
    await page.keyboard.press('Alt+r')
    await box().fill('')
  })

  test('filters ask without a name', async () => {
    await page.keyboard.press('Alt+l')
    const filters = page.getByRole('group', { name: 'Filters' })
    await filters.getByLabel('Mode').first().click()
    await page.getByRole('option', { name: /setuid/i }).click()
    await page.keyboard.press('Escape')
    await row('bin/su').waitFor()
    await status('1 result in 1 layer')
    await picture('filters')
    expect.soft(await findings(page)).toEqual([])
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.keyboard.press('Alt+l')
  })

  test('by keyboard alone: into the results, a look, and on from there', async () => {
    await box().fill('package-7')
    await row('file-7.conf').waitFor()
    await page.keyboard.press('F4')
    await page.getByText('listen = 8007').waitFor()
    await page.keyboard.press('F4')
    await page.getByText('listen = 8027').waitFor()
    await page.keyboard.press('Shift+F4')
    await page.getByText('listen = 8007').waitFor()
    await picture('preview')
    await page.getByRole('button', { name: 'Close the viewer' }).click()
  })

  test('a deleted secret is found inside its file, and who deleted it', async () => {
    await box().click()
    await page.keyboard.press('Alt+t')
    await box().fill('DB_PASSWORD=')
    await row('correct-horse-battery').waitFor()
    await results()
      .getByText(/deleted by layer 2/)
      .first()
      .waitFor()
    await picture('contents')
    expect.soft(await findings(page)).toEqual([])
    await row('correct-horse-battery').click()
    const viewer = page
      .getByRole('complementary')
      .or(page.getByRole('region'))
      .filter({ hasText: 'DB_HOST=db' })
    await viewer.first().waitFor()
    await picture('contents-preview')
    expect.soft(await findings(page)).toEqual([])
  })

  test('and saved byte for byte', async () => {
    const to = app.home.at('Downloads', 'found.env')
    await page.getByRole('button', { name: 'Save…' }).first().click()
    await pickPlaceToSave(page, to)
    await expect.poll(() => readFile(to, 'utf8').catch(() => '')).toBe(SECRET)
  })

  test('what is hostile runs nothing and breaks nothing, and is found', async () => {
    await box().fill('hostile')
    await status(/^5 lines in 5 files/)
    await picture('hostile')
    expect(await page.title()).not.toBe('owned')
    expect(await page.locator('img[src="x"]').count()).toBe(0)
    const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(width).toBeLessThanOrEqual(0)
    expect(await results().textContent()).not.toMatch(/[\u0007\u001b\u202e]/)
  })

  test('results go to a file as text, CSV and JSON lines', async () => {
    await page.keyboard.press('Alt+t')
    await box().fill('hostile/')
    await status('5 results in 1 layer')
    for (const [name, expected] of [
      ['Save as text', /srv\/hostile\/long/],
      ['Save as CSV', /^image,layer/],
      ['Save as JSON lines', /"path":"srv\/hostile\/long"/],
    ] as const) {
      await page.getByRole('button', { name: 'Results menu' }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('menuitem', { name }).click()
      const text = await readFile(await (await download).path(), 'utf8')
      expect(text).toMatch(expected)
      expect(text.trim().split('\n').length).toBe(
        name === 'Save as CSV' ? 6 : name === 'Save as text' ? 5 : 5,
      )
      // oxlint-disable-next-line no-control-regex -- that is the question
      expect(text).not.toMatch(/\u001b/)
    }
  })

  test('and the files themselves to a tar', async () => {
    const to = app.home.at('Downloads', 'found.tar')
    await page.getByRole('button', { name: 'Results menu' }).click()
    await page.getByRole('menuitem', { name: 'Save the files as tar…' }).click()
    await pickPlaceToSave(page, to)
    await expect
      .poll(() => command('tar', ['-tf', to]).catch(() => ''))
      .toMatch(/^layer-1\/srv\/hostile\/long$/m)
    expect((await command('tar', ['-tf', to])).trim().split('\n')).toHaveLength(5)
  })

  test('all images that were opened answer together', async () => {
    await page.getByText('All images opened before', { exact: true }).click()
    await box().fill('*.json')
    await row('occystrap.example/sample:1.0').waitFor()
    await picture('everywhere')
    expect.soft(await findings(page)).toEqual([])
    await row('srv/app/config.json').first().click()
    const looked = page.getByRole('region', { name: 'File' })
    await looked
      .getByText(/0\.0\.0\.0:8080/)
      .first()
      .waitFor()
    await picture('everywhere-preview')
    expect.soft(await findings(page)).toEqual([])
    await box().fill('.env')
    await row('app/.env').dblclick()
    await page.getByRole('tab', { name: 'Files', selected: true }).waitFor()
  })

  test('and so they do on a page of their own, of which only the lines in view exist', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByText('Search all images').click()
    await box().fill('.conf')
    await status('301 results in 1 image')
    await row('file-1.conf').click()
    await page.getByRole('region', { name: 'File' }).getByText('listen = 8001').first().waitFor()
    expect(await results().getByRole('row').count()).toBeLessThan(80)
    await picture('all-images')
    expect.soft(await findings(page)).toEqual([])
    await page.keyboard.press('End')
    await row('package-0/file-0.conf').waitFor()
    expect(await results().getByRole('row').count()).toBeLessThan(80)
  })

  test('has seen no fault in the page', () => {
    expect(browser.faults).toEqual([])
  })
})
