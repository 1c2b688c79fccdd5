import { chromium, type Browser, type Page } from 'playwright-core'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { TemporaryFolder } from './temporary-folder.ts'

const SCREENSHOTS = join(import.meta.dirname, '../e2e/screenshots')
const RESULTS = join(import.meta.dirname, '../e2e/results')

/**
 * Debian's Chromium, without a display, as root, and without asking the network for anything of its own. Each page has an empty
 * profile; what a page says on its console as an error, and every exception in it, is kept in `faults`.
 */
export class TestBrowser implements AsyncDisposable {
  readonly faults: string[] = []
  readonly #browser: Browser
  readonly #pages: Page[] = []
  readonly #home: TemporaryFolder

  private constructor(browser: Browser, home: TemporaryFolder) {
    this.#browser = browser
    this.#home = home
  }

  static async start(): Promise<TestBrowser> {
    const home = await TemporaryFolder.make()
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      headless: true,
      env: { ...process.env, HOME: home.path, TMPDIR: home.path },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    return new TestBrowser(browser, home)
  }

  async open(url: string, options: { colorScheme?: 'light' | 'dark'; width?: number } = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: options.width ?? 1280, height: 800 },
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: 'reduce',
    })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin })
    const page = await context.newPage()
    page.on('pageerror', (error) => this.faults.push(`${error.name}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text())
    })
    page.setDefaultTimeout(20_000)
    this.#pages.push(page)
    await page.goto(url)
    return page
  }

  /** For `afterEach`: what the pages showed when a test failed, kept beside the screenshots. */
  async keepFailure({ task }: Pick<TestContext, 'task'>): Promise<void> {
    if (task.result?.state !== 'fail') return
    mkdirSync(RESULTS, { recursive: true })
    for (const [index, page] of this.#pages.entries())
      if (!page.isClosed())
        await page.screenshot({
          path: join(RESULTS, `${task.name.slice(0, 60).replaceAll(/\W+/g, '-')}-${index}.png`),
        })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
    await this.#home[Symbol.asyncDispose]()
  }
}

/** The page as it stands, wide and narrow, light and dark, for people to look at; the pictures are not compared with anything. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const viewport = page.viewportSize()
  for (const width of [1280, 800]) {
    await page.setViewportSize({ width, height: 800 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`) })
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  if (viewport) await page.setViewportSize(viewport)
}

/**
 * Drops files that lie on disk as a person would from a file manager. The browser reads them itself, so that no byte of a large one
 * passes through the test: a hidden input takes the paths, and what it holds is dropped on the window.
 */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input')
    Object.assign(input, { type: 'file', multiple: true, id: 'dropped-by-test', hidden: true })
    document.body.append(input)
  })
  await page.locator('#dropped-by-test').setInputFiles([...paths])
  await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>('#dropped-by-test')
    const transfer = new DataTransfer()
    for (const file of input?.files ?? []) transfer.items.add(file)
    const target = document.querySelector('main') ?? document.body
    for (const type of ['dragenter', 'dragover', 'drop'])
      target.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }))
    input?.remove()
  })
}

/** The overlay while files hover over the window, before they are dropped or leave again. */
export async function hoverFiles(page: Page, type: 'dragenter' | 'dragleave'): Promise<void> {
  await page.evaluate((type) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(['x'], 'image.tar'))
    document.body.dispatchEvent(
      new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }),
    )
  }, type)
}
