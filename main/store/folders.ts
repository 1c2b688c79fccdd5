import { homedir } from 'node:os'
import { join } from 'node:path'

export interface DefaultFolders {
  readonly cacheDir: string
  readonly configDir: string
}

/** Where the platform wants caches and settings to lie: XDG base directories, ~/Library, or the profile's AppData. */
export function defaultFolders(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): DefaultFolders {
  if (platform === 'darwin')
    return {
      cacheDir: join(home, 'Library', 'Caches', 'occystrap'),
      configDir: join(home, 'Library', 'Application Support', 'occystrap'),
    }
  if (platform === 'win32')
    return {
      cacheDir: join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'occystrap', 'cache'),
      configDir: join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'occystrap'),
    }
  return {
    cacheDir: join(absolute(env['XDG_CACHE_HOME']) ?? join(home, '.cache'), 'occystrap'),
    configDir: join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'occystrap'),
  }
}

/** A relative path in these variables must be ignored (XDG Base Directory Specification). */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined
}
