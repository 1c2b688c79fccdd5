/** One key of the window, for the handler, the palette and the list of keys. `mod` is Ctrl, or ⌘ on a Mac. */
export interface KeyBinding {
  readonly id: BindingID
  readonly group: 'Anywhere' | 'An image' | 'Files'
  /** What it does, as the palette and the list say it. */
  readonly label: string
  readonly combinations: readonly string[]
}

export type BindingID =
  | 'open'
  | 'openFolder'
  | 'openEngine'
  | 'openRegistry'
  | 'palette'
  | 'settings'
  | 'jobs'
  | 'home'
  | 'sidebar'
  | 'keys'
  | 'search'
  | 'export'
  | 'close'
  | 'tab'

export const bindings: readonly KeyBinding[] = [
  { id: 'open', group: 'Anywhere', label: 'Open a file', combinations: ['mod+O'] },
  { id: 'openFolder', group: 'Anywhere', label: 'Open a folder', combinations: ['alt+O'] },
  {
    id: 'openEngine',
    group: 'Anywhere',
    label: 'Open from an engine',
    combinations: ['mod+shift+E'],
  },
  {
    id: 'openRegistry',
    group: 'Anywhere',
    label: 'Open from a registry',
    combinations: ['mod+shift+O'],
  },
  { id: 'palette', group: 'Anywhere', label: 'Command palette', combinations: ['mod+K', 'mod+shift+P'] },
  { id: 'home', group: 'Anywhere', label: 'Go to Home', combinations: ['alt+H'] },
  { id: 'jobs', group: 'Anywhere', label: 'Go to Jobs', combinations: ['alt+J'] },
  { id: 'settings', group: 'Anywhere', label: 'Go to Settings', combinations: ['mod+,'] },
  { id: 'sidebar', group: 'Anywhere', label: 'Show or hide the sidebar', combinations: ['mod+B'] },
  { id: 'keys', group: 'Anywhere', label: 'List of keys', combinations: ['?', 'F1'] },
  {
    id: 'tab',
    group: 'An image',
    label: 'Tabs of the image',
    combinations: ['mod+1…4', 'alt+1…4'],
  },
  { id: 'search', group: 'An image', label: 'Search in all layers', combinations: ['mod+shift+F'] },
  { id: 'export', group: 'An image', label: 'Export the image', combinations: ['mod+E'] },
  { id: 'close', group: 'An image', label: 'Close the image', combinations: ['alt+W'] },
]

/** Keys that the file tree and lists answer themselves; listed so that they are found. */
export const treeKeys: readonly (readonly [combination: string, label: string])[] = [
  ['↑ ↓', 'Previous and next row'],
  ['← →', 'Collapse and expand'],
  ['*', 'Expand all beside it'],
  ['Home', 'First row'],
  ['End', 'Last row'],
  ['A…Z', 'Jump to a name'],
]

/** Keys of the search page. */
export const searchKeys: readonly (readonly [combination: string, label: string])[] = [
  ['alt+C', 'Match case'],
  ['alt+W', 'Whole name, or whole word'],
  ['alt+R', 'Regular expression'],
  ['alt+T', 'Inside files'],
  ['alt+L', 'Show or hide the filters'],
  ['↑ ↓', 'In the box: earlier searches; ↓ from the newest goes to the results'],
  ['mod+↓', 'From the box to the results'],
  ['mod+↑', 'From the results to the box'],
  ['F4', 'Next result'],
  ['shift+F4', 'Previous result'],
  ['Enter', 'In the box: open the result walked to; in a preview: next result'],
  ['Space', 'In the results: a look at one'],
  ['Delete', 'Dismiss a result or a group'],
]

export function bindingOf(id: BindingID): KeyBinding | undefined {
  return bindings.find((binding) => binding.id === id)
}
