/** How each system calls showing a file in its file manager; `platform` is node's. */
export function revealLabel(platform: string): string {
  if (platform === 'darwin') return 'Reveal in Finder'
  if (platform === 'win32') return 'Show in Explorer'
  return 'Show in file manager'
}
