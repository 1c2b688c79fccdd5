import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { binaryIn } from '../../main/electron/run-electron.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const PROJECT = join(import.meta.dirname, '../..')
const SAMPLE = join(PROJECT, 'out/sample/sample.tar')

const binary = binaryIn(dirname(createRequire(import.meta.url).resolve('electron/package.json')))

/** Electron's binary comes from a download that not every machine can make; without it, a display or a user's sandbox there is no window. */
function obstacle(): string | undefined {
  if (binary === undefined) return 'npx install-electron'
  if (process.platform !== 'linux') return undefined
  if (!process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return 'a display, or xvfb-run'
  return process.getuid?.() === 0 ? 'a user other than root: the sandbox stays on' : undefined
}

const missing = obstacle()
const name = 'the window in Electron'

describe.skipIf(missing !== undefined)(
  missing === undefined ? name : `${name} (to run it: ${missing})`,
  () => {
    let folder: TemporaryFolder
    let app: ElectronApplication
    let page: Page

    beforeAll(async () => {
      folder = await TemporaryFolder.make()
      app = await _electron.launch({
        executablePath: binary as string,
        args: [PROJECT, '--', SAMPLE],
        env: {
          ...(process.env as Record<string, string>),
          XDG_CONFIG_HOME: folder.at('config'),
          XDG_CACHE_HOME: folder.at('cache'),
        },
      })
      page = await app.firstWindow()
    })

    afterAll(async () => {
      await app.close()
      await folder[Symbol.asyncDispose]()
    })

    test('opens the image it was started with', async () => {
      await page.getByText('occystrap.example/sample').first().waitFor()
      expect(page.url()).toBe('app://occystrap/')
    })

    test('has no way to node, and goes nowhere else', async () => {
      const powers = await page.evaluate(() => [
        typeof (globalThis as Record<string, unknown>)['require'],
        typeof (globalThis as Record<string, unknown>)['process'],
        Object.keys((globalThis as unknown as { occystrap: object }).occystrap)
          .sort()
          .join(),
      ])
      expect(powers).toEqual(['undefined', 'undefined', 'connect,kind,pathOf'])
      const answer = await page.evaluate(() =>
        fetch('https://occystrap.example/').then(
          () => 'sent',
          () => 'refused',
        ),
      )
      expect(answer).toBe('refused')
      await page.evaluate(() => void globalThis.open('https://occystrap.example/'))
      await page.evaluate(() => globalThis.location.assign('https://occystrap.example/'))
      expect([page.url(), app.windows().length]).toEqual(['app://occystrap/', 1])
    })

    test('comes back after its renderer died', async () => {
      await app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
      )
      await expect
        .poll(
          () =>
            app.evaluate(({ BrowserWindow }) =>
              BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
                'document.body.innerText.length',
              ),
            ),
          { timeout: 20_000 },
        )
        .toBeGreaterThan(0)
    })
  },
)
