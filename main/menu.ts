import type { MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  openImage(): void
  openFolder(): void
}

/** The menus. What the page has keys for itself (search, settings, tabs) is not repeated here. */
export function menuTemplate(
  actions: MenuActions,
  options: { readonly isMac: boolean; readonly hasDevTools: boolean },
): MenuItemConstructorOptions[] {
  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [
      { label: '&Open image…', accelerator: 'CmdOrCtrl+O', click: () => actions.openImage() },
      { label: 'Open &folder…', accelerator: 'Alt+O', click: () => actions.openFolder() },
      { type: 'separator' },
      options.isMac ? { role: 'close' } : { role: 'quit' },
    ],
  }
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      ...(options.hasDevTools ? [{ role: 'reload' as const }, { role: 'toggleDevTools' as const }] : []),
    ],
  }
  return [
    ...(options.isMac ? [{ role: 'appMenu' as const }] : []),
    file,
    { role: 'editMenu' },
    view,
    { role: 'windowMenu' },
  ]
}
