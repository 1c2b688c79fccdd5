import type { BrowserWindow, Rectangle } from 'electron'
import { z } from 'zod'
import type { SettingsStore } from '../rpc/host-services.ts'

/** Its name among the settings' views. */
const KEY = 'window'
const DEFAULT_SIZE = { width: 1280, height: 820 }

const boundsSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(480),
  height: z.number().int().min(360),
  isMaximized: z.boolean(),
})
export type WindowBounds = z.infer<typeof boundsSchema>

/** Where the window was; the middle of the screen where it never was, or was on a screen that is gone. */
export async function storedBounds(
  settings: SettingsStore,
  screens: readonly Rectangle[],
): Promise<Partial<WindowBounds>> {
  const parsed = boundsSchema.safeParse((await settings.get()).view[KEY])
  if (!parsed.success) return DEFAULT_SIZE
  const { data } = parsed
  if (screens.some((screen) => overlaps(screen, data))) return data
  const { width, height, isMaximized } = data
  return { width, height, isMaximized }
}

export async function storeBounds(settings: SettingsStore, window: BrowserWindow): Promise<void> {
  const bounds: WindowBounds = { ...window.getNormalBounds(), isMaximized: window.isMaximized() }
  const { view } = await settings.get()
  await settings.set({ view: { ...view, [KEY]: bounds } })
}

/** Enough of it to be seen and dragged. */
function overlaps(screen: Rectangle, window: Rectangle): boolean {
  const width = Math.min(screen.x + screen.width, window.x + window.width) - Math.max(screen.x, window.x)
  const height = Math.min(screen.y + screen.height, window.y + window.height) - Math.max(screen.y, window.y)
  return width >= 100 && height >= 100
}
