import { spawn } from 'node:child_process'

/** Asks the desktop to open a page. That there is no desktop, or no browser, is no error: the address was printed. */
export function openBrowser(url: string, platform = process.platform, env = process.env): boolean {
  const command = openerOf(platform, env)
  if (!command) return false
  const [program, ...before] = command
  const child = spawn(program, [...before, url], { stdio: 'ignore', detached: true, env })
  child.on('error', () => {})
  child.unref()
  return true
}

/** The platform's opener; undefined where there is no display to open anything on. */
export function openerOf(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): readonly [program: string, ...args: string[]] | undefined {
  if (platform === 'darwin') return ['open']
  // `start` is a word of cmd, which would take `&` in an address for its own; rundll32 takes the address as it is.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open'] : undefined
}
