import { basename, dirname } from 'node:path'
import type { Locator, Page } from 'playwright-core'

/*
 * What a person does in the window, by roles and names as a screen reader has them: no selector here knows of styles or of structure.
 */

export type Tab = 'Overview' | 'Layers' | 'Files' | 'Search'

export async function showTab(page: Page, tab: Tab): Promise<void> {
  await page.getByRole('tab', { name: tab }).click()
}

export async function openSample(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Home' }).click()
  await page.getByRole('button', { name: 'Try the sample image' }).click()
  await page.getByRole('tab', { name: 'Overview' }).waitFor()
}

/** The window's own dialog for files and folders. */
function picker(page: Page): Locator {
  return page.getByRole('dialog', { name: /^(Open a file|Open a folder|Save as|Choose a folder)$/ })
}

async function goToFolder(page: Page, folder: string): Promise<Locator> {
  const dialog = picker(page)
  await dialog.getByRole('button', { name: 'Type a path' }).click()
  await dialog.getByRole('textbox', { name: 'Path' }).fill(folder)
  await dialog.getByRole('textbox', { name: 'Path' }).press('Enter')
  await dialog
    .getByRole('navigation', { name: 'Folders on the way' })
    .getByText(basename(folder), { exact: true })
    .waitFor()
  return dialog
}

export async function pickFile(page: Page, path: string): Promise<void> {
  const dialog = await goToFolder(page, dirname(path))
  // Long folders draw only what is in view: the name is typed, as in any file dialog.
  await dialog.getByRole('listbox', { name: 'Files and folders' }).focus()
  await page.keyboard.type(basename(path))
  await dialog.getByRole('option', { name: basename(path), selected: true }).waitFor()
  await dialog.getByRole('button', { name: 'Open', exact: true }).click()
}

export async function pickFolder(page: Page, path: string): Promise<void> {
  const dialog = await goToFolder(page, path)
  await dialog.getByRole('button', { name: `Choose ${basename(path)}` }).click()
}

export async function pickPlaceToSave(page: Page, path: string): Promise<void> {
  const dialog = await goToFolder(page, dirname(path))
  await dialog.getByRole('textbox', { name: 'Name' }).fill(basename(path))
  await dialog.getByRole('button', { name: /^(Save|Replace)$/ }).click()
}

/** The row of a path in the file tree, come to by typing the path. */
export async function goToPath(page: Page, path: string): Promise<Locator> {
  await page.getByRole('button', { name: 'Type or paste a path' }).click()
  await page.getByRole('textbox', { name: 'Go to path' }).fill(`/${path}`)
  await page.getByRole('textbox', { name: 'Go to path' }).press('Enter')
  const row = page.getByRole('treegrid', { name: 'Files' }).getByRole('row', { selected: true })
  await row.filter({ hasText: basename(path) }).waitFor()
  return row
}

export interface ExportChoices {
  readonly format?: 'Docker archive' | 'Directory of images' | 'OCI bundle' | 'Overlay mounts'
  readonly compression?: 'None' | 'gzip' | 'zstd'
  /** What else is done where the format's options are. */
  readonly atOptions?: (wizard: Locator) => Promise<void>
  /** And what where the destination is chosen. */
  readonly atDestination?: () => Promise<void>
  /** The file, or the folder. */
  readonly to: string
}

/** Through the export wizard up to its review; the dialog it happens in. */
export async function reviewExport(page: Page, choices: ExportChoices): Promise<Locator> {
  const format = choices.format ?? 'Docker archive'
  await page.getByRole('button', { name: 'Export…' }).first().click()
  const wizard = page.getByRole('dialog', { name: /^Export / })
  await wizard.getByRole('radio', { name: format }).click()
  await wizard.getByRole('button', { name: 'Next' }).click()
  if (choices.compression !== undefined)
    await wizard
      .getByRole('radiogroup', { name: 'Compression' })
      .getByText(choices.compression, { exact: true })
      .click()
  await choices.atOptions?.(wizard)
  await wizard.getByRole('button', { name: 'Next' }).click()
  await wizard.getByRole('button', { name: 'Choose…' }).click()
  if (format === 'Directory of images') await pickFolder(page, choices.to)
  else await pickPlaceToSave(page, choices.to)
  await choices.atDestination?.()
  await wizard.getByRole('button', { name: 'Next' }).click()
  return wizard
}

/** Starts what the review shows. */
export async function startExport(wizard: Locator): Promise<void> {
  await wizard.getByRole('button', { name: /^(Export|Replace and export)$/ }).click()
}
