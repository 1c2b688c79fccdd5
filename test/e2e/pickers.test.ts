import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { screenshot, TestBrowser } from '../support/browser.ts'
import { Certificates } from '../support/certificates.ts'
import { Dockerd, Podman } from '../support/daemons.ts'
import { buildImage, sampleImage, type BuiltImage } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { platformImages, pushImage, pushIndex, skopeoCopy } from '../support/pushed-images.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { Registry } from '../support/registries.ts'
import { goToPath, reviewExport, showTab, startExport } from '../support/window.ts'

const TOOLS = [
  'chromium',
  'dockerd',
  'docker',
  'podman',
  'docker-registry',
  'openssl',
  'skopeo',
  'mmdebstrap',
  'zstd',
  'xz',
  'bzip2',
] as const

/** Nobody listens on it. */
const NOWHERE = '127.0.0.1:1'

describeWith({ tools: TOOLS, root: true }, 'the pickers', () => {
  const stack = new AsyncDisposableStack()
  let images: RealImages
  let docker: Dockerd
  let podman: Podman
  let open: Registry
  let closed: Registry
  let unproved: Registry
  let app: RunningApp
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    images = await realImages()
    docker = stack.use(await Dockerd.start())
    podman = stack.use(await Podman.start())
    const certificates = stack.use(await Certificates.make())
    open = stack.use(await Registry.start())
    closed = stack.use(await Registry.start({ auth: 'htpasswd' }))
    unproved = stack.use(await Registry.start({ tls: certificates.server }))
    await docker.docker('load', '--input', images.dockerArchive)
    await docker.docker('tag', images.torture.reference, 'torture:latest')
    await pushIndex(open, platformImages(), 'team/multi:1')
    await pushIndex(open, platformImages(), 'team/multi:2')
    await skopeoCopy(open, `docker-archive:${images.dockerArchive}`, `docker://${open.host}/team/torture:1.0`)
    await pushImage(open, largeImage(), 'team/large:1.0', 'schema2')
    await pushImage(closed, sampleImage(), 'team/secret:1', 'oci')
    await pushImage(unproved, sampleImage(), 'team/app:1', 'schema2')
    app = stack.use(await withEngines(`unix://${docker.socket}`, `unix://${podman.socket}`))
    browser = stack.use(await TestBrowser.start())
    page = await browser.open(app.url)
    await page.getByRole('heading', { name: 'Drop an image anywhere' }).waitFor()
  })

  afterEach((context) => browser.keepFailure(context))
  afterAll(async () => stack.disposeAsync())

  /** The program in an environment that names these engines. */
  async function withEngines(docker: string | undefined, podman: string | undefined): Promise<RunningApp> {
    const before = { DOCKER_HOST: process.env['DOCKER_HOST'], CONTAINER_HOST: process.env['CONTAINER_HOST'] }
    setVariables({ DOCKER_HOST: docker, CONTAINER_HOST: podman })
    try {
      return await RunningApp.serve()
    } finally {
      setVariables(before)
    }
  }

  /** As it stands, wide and narrow, light and dark. */
  async function pictures(of: Page, name: string): Promise<void> {
    for (const width of [1280, 800]) {
      await of.setViewportSize({ width, height: 800 })
      await screenshot(of, `pickers-${name}-${width}`)
    }
    await of.setViewportSize({ width: 1280, height: 800 })
  }

  async function enginePicker(of = page): Promise<Locator> {
    await of.keyboard.press('Control+Shift+E')
    const dialog = of.getByRole('dialog', { name: 'Open from an engine' })
    await dialog.waitFor()
    return dialog
  }

  /** The registry picker with this text typed in and looked up. */
  async function lookUp(text: string): Promise<Locator> {
    await page.keyboard.press('Control+Shift+O')
    const dialog = page.getByRole('dialog', { name: 'Open from a registry' })
    await dialog.getByRole('combobox', { name: 'Reference of the image' }).fill(text)
    await page.keyboard.press('Enter')
    return dialog
  }

  async function dismiss(dialog: Locator): Promise<void> {
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'hidden' })
  }

  test('the sidebar names the engines that were found, with their states', async () => {
    const engines = page.getByRole('navigation', { name: 'Main' }).getByRole('region', { name: 'Engines' })
    await engines.getByRole('button', { name: /^Podman.*, ready$/ }).waitFor()
    await engines
      .getByRole('button', { name: /, ready$/ })
      .nth(1)
      .waitFor()
    await pictures(page, 'home')
  })

  test('an image of Docker is found by typing, and its layers wait until its files are looked at', async () => {
    const dialog = await enginePicker()
    const table = dialog.getByRole('grid', { name: /^Images of / })
    await table.getByRole('row').filter({ hasText: 'torture' }).nth(1).waitFor()
    await pictures(page, 'engine')
    await page.keyboard.type('team/tort')
    await dialog.getByText('1 of 2 shown', { exact: true }).waitFor()
    await pictures(page, 'engine-filtered')
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor()
    await page.getByRole('heading', { name: images.torture.reference }).first().waitFor()
    await pictures(page, 'engine-overview')
    await showTab(page, 'Layers')
    await page.getByText(/\d+ layers of 12 not read yet/).waitFor()
    await pictures(page, 'engine-layers')
    const jobs = page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('button', { name: /^Jobs: 0 running/ })
    await jobs.waitFor()
    await showTab(page, 'Files')
    await goToPath(page, 'etc/os-release')
  })

  test('a filter that matches nothing says so', async () => {
    const dialog = await enginePicker()
    await dialog.getByRole('combobox').fill('nowhere')
    await dialog.getByText('No image matches').waitFor()
    await pictures(page, 'engine-nothing')
    await dismiss(dialog)
  })

  test('what comes to an engine is seen by itself', async () => {
    const dialog = await enginePicker()
    await dialog.getByRole('row').filter({ hasText: 'latest' }).first().waitFor()
    await docker.docker('tag', images.torture.reference, 'come-lately:7')
    await dialog.getByRole('row').filter({ hasText: 'come-lately' }).waitFor()
    const root = app.home.at('root.tar')
    await writeFile(root, Buffer.alloc(10_240))
    await docker.docker('import', root)
    await dialog.getByRole('switch', { name: 'Unnamed (1)' }).waitFor()
    await pictures(page, 'engine-unnamed')
    await dismiss(dialog)
  })

  test('an engine without images says so, and one that is gone says why', async () => {
    const dialog = await enginePicker()
    await dialog.getByRole('radio', { name: /^Podman/ }).check({ force: true })
    await dialog.getByText('Podman has no images').waitFor()
    await pictures(page, 'engine-empty')
    await podman[Symbol.asyncDispose]()
    await dialog
      .getByText(/Trying again; the list is from before/)
      .or(dialog.getByRole('alert'))
      .first()
      .waitFor()
    await dialog.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor()
    await pictures(page, 'engine-unreachable')
    await dismiss(dialog)
  })

  test('no engine at all says what starts one', async () => {
    await using bare = await withEngines(undefined, undefined)
    const other = await browser.open(bare.url)
    await other.getByRole('heading', { name: 'Drop an image anywhere' }).waitFor()
    const dialog = await enginePicker(other)
    await dialog.getByText('No engine found').or(dialog.getByRole('alert')).waitFor()
    await pictures(other, 'engine-none')
    await other.close()
  })

  test('a registry is completed by its repositories and tags', async () => {
    await page.keyboard.press('Control+Shift+O')
    const dialog = page.getByRole('dialog', { name: 'Open from a registry' })
    await pictures(page, 'registry-empty')
    await page.keyboard.type(`${open.host}/`)
    await dialog.getByRole('option', { name: 'team/multi' }).waitFor()
    await pictures(page, 'registry-repositories')
    await page.keyboard.type('team/mul')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect
      .poll(async () => dialog.getByRole('listbox', { name: 'Tags' }).getByRole('option').allTextContents())
      .toEqual(['2', '1'])
    await pictures(page, 'registry-tags')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await dialog.getByRole('radio', { name: /^linux\/arm64/ }).waitFor()
    expect(await dialog.getByRole('radio').count()).toBe(3)
    await dialog.getByText(/attestations? about how it was built/).waitFor()
    await pictures(page, 'registry-platforms')
    await dialog.getByRole('radio', { name: /^linux\/arm64/ }).check()
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Overview', selected: true }).waitFor()
    await page.getByRole('region', { name: 'Identity' }).getByText('linux/arm64').waitFor()
    await showTab(page, 'Files')
    await goToPath(page, 'etc/platform')
  })

  test('Enter twice opens an image of one platform; its layers are offered with their bytes', async () => {
    const dialog = await lookUp(`${open.host}/team/large:1.0`)
    await dialog.getByText('To fetch').waitFor()
    await pictures(page, 'registry-single')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText(/as stored in the registry/).waitFor()
    await pictures(page, 'registry-overview')
    await showTab(page, 'Layers')
    const read = page.getByRole('button', { name: /^Read the layers \([\d.]+ MB\)$/ })
    await read.waitFor()
    await pictures(page, 'registry-layers')
    await read.click()
    await read.waitFor({ state: 'hidden' })
    await expect
      .poll(async () => page.getByRole('grid', { name: 'Layers' }).textContent(), { timeout: 60_000 })
      .not.toContain('—')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: /^Jobs/ }).click()
    await page.getByText(/^Read the layers of .*large:1\.0$/).waitFor()
    await pictures(page, 'jobs')
  })

  test('an image of a registry is exported as any other, and its job says what was fetched', async () => {
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('button', { name: /multi:2$/ })
      .first()
      .click()
    const to = app.home.at('Downloads/multi.tar')
    const wizard = await reviewExport(page, { to })
    await wizard.getByText('The same on the command line').waitFor()
    await pictures(page, 'export-review')
    await startExport(wizard)
    await wizard.getByText('docker load').waitFor()
    await wizard.getByRole('button', { name: 'Done' }).click()
    expect(await docker.docker('load', '--input', to)).toContain('Loaded image')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: /^Jobs/ }).click()
    const job = page.getByRole('listitem').filter({ hasText: to })
    await job.getByText(/^(fetched|nothing to fetch)/).waitFor()
    await pictures(page, 'jobs-export')
  })

  test('a wrong password keeps the user; the right one looks up by itself', async () => {
    const dialog = await lookUp(`${closed.host}/team/secret:1`)
    const form = dialog.getByRole('form', { name: `Sign in to ${closed.host}` })
    await form.waitFor()
    await pictures(page, 'sign-in')
    await page.keyboard.type('puller')
    await page.keyboard.press('Tab')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    await form.getByText(/does not take/).waitFor()
    expect(await form.getByRole('textbox', { name: 'User' }).inputValue()).toBe('puller')
    await pictures(page, 'sign-in-wrong')
    await page.keyboard.type(closed.credentials?.password ?? '')
    await page.keyboard.press('Enter')
    await dialog.getByText('To fetch').waitFor()
    await dismiss(dialog)
  })

  test.each([
    ['repository', () => `${open.host}/team/nothing:1`, 'has no repository team/nothing'],
    ['tag', () => `${open.host}/team/multi:9`, 'has the repository team/multi, but no 9 in it'],
  ])('an unknown %s is said, and what was typed stays', async (what, reference, words) => {
    const dialog = await lookUp(reference())
    await dialog.getByRole('alert').getByText(words).waitFor()
    await pictures(page, `unknown-${what}`)
    expect(await dialog.getByRole('combobox').inputValue()).toBe(reference())
    await dismiss(dialog)
  })

  test('a server that cannot be reached is tried again', async () => {
    const dialog = await lookUp(`${NOWHERE}/team/app:1`)
    await dialog.getByRole('button', { name: 'Try again' }).waitFor()
    await pictures(page, 'offline')
    await dismiss(dialog)
  })

  test('an unknown certificate is trusted after it was said what that means', async () => {
    const dialog = await lookUp(`${unproved.host}/team/app:1`)
    const ask = dialog.getByRole('button', { name: 'Trust without checking…' })
    await ask.waitFor()
    await pictures(page, 'certificate')
    await ask.click()
    await pictures(page, 'trust')
    await dialog.getByRole('button', { name: 'Trust without checking', exact: true }).click()
    await dialog.getByText(`The certificate of ${unproved.host} is not checked.`).waitFor()
    await dialog.getByRole('button', { name: 'Open', exact: true }).click()
    await page.getByText('its certificate is not checked').waitFor()
    await page.keyboard.press('Control+,')
    await page.getByRole('button', { name: `Check the certificate of ${unproved.host} again` }).waitFor()
    await pictures(page, 'settings')
  })

  test('nothing failed on the way', () => {
    expect(browser.faults).toEqual([])
  })
})

/** Two layers that no engine here has: what they hold cannot be compressed. */
function largeImage(): BuiltImage {
  return buildImage({
    references: [],
    layers: [6, 3].map((megabytes, at) => [
      { path: `data/${at}`, content: randomBytes(megabytes * 1_000_000) },
    ]),
  })
}

function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
