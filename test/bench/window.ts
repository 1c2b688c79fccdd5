import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { RunningApp } from '../support/app.ts'
import { TestBrowser } from '../support/browser.ts'
import { pickFile } from '../support/window.ts'
import { median } from './measure.ts'
import type { Figure } from './report.ts'

const RENDERER = join(import.meta.dirname, '../../out/renderer')

/** Everything the page may load, compressed as a server would send it. */
export async function rendererBundle(): Promise<Figure[]> {
  const sizes = { script: 0, style: 0 }
  for (const name of await readdir(RENDERER, { recursive: true })) {
    const kind = name.endsWith('.js') ? 'script' : name.endsWith('.css') ? 'style' : undefined
    if (kind) sizes[kind] += gzipSync(await readFile(join(RENDERER, name)), { level: 9 }).length
  }
  return [
    {
      name: 'renderer, gzip',
      value: (sizes.script + sizes.style) / 1000,
      unit: 'kB',
      limit: 400,
      against: `script ${(sizes.script / 1000).toFixed(0)} kB, style ${(sizes.style / 1000).toFixed(0)} kB`,
    },
  ]
}

/** What a person waits for in the window, measured in Chromium. */
export async function windowFigures(many: string, count: number): Promise<Figure[]> {
  const usable: number[] = []
  for (let round = 0; round < 5; round++) {
    await using app = await RunningApp.serve()
    await using browser = await TestBrowser.start()
    usable.push(await paintToUsable(await browser.open(app.url)))
  }
  await using app = await RunningApp.serve()
  await using browser = await TestBrowser.start()
  const page = await browser.open(app.url)
  const open = await openTree(page, many)
  const frames = await scrollTree(page)
  return [
    { name: 'first paint to usable', value: median(usable), unit: 's', limit: 1 },
    { name: `Files of ${count} files, to its rows`, value: open, unit: 's', limit: 2 },
    {
      name: 'longest frame while scrolling it',
      value: Math.max(...frames),
      unit: 'ms',
      limit: 50,
      against: `${frames.length} frames, median ${median(frames).toFixed(0)} ms`,
    },
  ]
}

/** Seconds from the first paint until the ways in can be used. */
async function paintToUsable(page: Page): Promise<number> {
  const button = page.getByRole('button', { name: 'Try the sample image' })
  await button.click({ trial: true })
  return page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    return (performance.now() - (paint?.startTime ?? 0)) / 1000
  })
}

/** Opens the image by the window's own picker, waits until its layers are known, and answers the seconds from Files to its rows. */
async function openTree(page: Page, path: string): Promise<number> {
  await page.getByRole('main').getByRole('button', { name: 'Open a file' }).click()
  await pickFile(page, path)
  await page.getByRole('tab', { name: 'Files' }).waitFor()
  const started = performance.now()
  await page.getByRole('tab', { name: 'Files' }).click()
  await page.getByRole('treegrid').getByRole('row').nth(1).waitFor()
  return (performance.now() - started) / 1000
}

/** Milliseconds between frames while the wheel turns through the tree, everything in it expanded. */
async function scrollTree(page: Page): Promise<number[]> {
  const tree = page.getByRole('treegrid')
  await tree.focus()
  // `*` opens all beside the row it stands on: the one folder at the top, then all of its folders.
  await page.keyboard.press('*')
  await tree.getByRole('row').filter({ hasText: 'folder-' }).first().waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('*')
  await tree.getByRole('row').filter({ hasText: 'file-' }).first().waitFor()
  await tree.hover()
  await page.evaluate(() => {
    const frames: number[] = []
    let last = performance.now()
    const tick = (now: number): void => {
      frames.push(now - last)
      last = now
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    Object.assign(globalThis, { frames })
  })
  for (let turn = 0; turn < 120; turn++) await page.mouse.wheel(0, turn % 10 === 9 ? 40_000 : 900)
  const row = await tree.getByRole('row').last().getAttribute('aria-rowindex')
  if (Number(row) < 5000) throw new Error(`The tree did not scroll: its last row is ${row}`)
  return page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames.slice(2))
}
