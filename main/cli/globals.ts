import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import type { Platform } from '../../shared/image.ts'
import type { SignIn } from '../../shared/remote.ts'
import { MOST_WORKERS, type OutputCompression } from '../../shared/spec-values.ts'
import { usage } from '../../shared/uri-options.ts'

/** The options every command knows, as commander gives them. */
export interface GlobalOptions {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly compression?: Exclude<OutputCompression, 'none'>
  readonly username?: string
  readonly password?: string
  readonly insecure?: boolean
  /** Blobs and layers worked on at once; at least one. */
  readonly parallel?: number
  readonly tempDir?: string
  readonly cacheDir?: string
  readonly quiet?: boolean
  readonly verbose?: boolean
}

export function addGlobalOptions(program: Command): void {
  program
    .option('--os <name>', 'operating system of the image to choose')
    .option('--architecture <name>', 'architecture of the image to choose')
    .option('--variant <name>', 'variant of the architecture')
    .addOption(
      new Option('--username <name>', 'who signs in to the registry that the command names').env(
        'OCCYSTRAP_USERNAME',
      ),
    )
    .addOption(
      new Option('--password <text>', 'password or access token (safer: its variable)').env(
        'OCCYSTRAP_PASSWORD',
      ),
    )
    .option('--insecure', 'speak to that registry without TLS, or without checking its certificate')
    .addOption(
      new Option('--compression <kind>', 'compress tarballs that are written')
        .choices(['gzip', 'zstd'])
        .env('OCCYSTRAP_COMPRESSION'),
    )
    .addOption(
      new Option('-j, --parallel <n>', 'layers that are fetched (4 unless said) and read (2) at once')
        .argParser(parseParallel)
        .env('OCCYSTRAP_PARALLEL'),
    )
    .addOption(
      new Option('--temp-dir <folder>', 'where to put what is soon forgotten').env('OCCYSTRAP_TEMP_DIR'),
    )
    .addOption(
      new Option('--cache-dir <folder>', 'where to keep what was read before').env('OCCYSTRAP_CACHE_DIR'),
    )
    .option('-q, --quiet', 'no progress and no warnings')
    .option('-v, --verbose', 'the detail behind an error, and each step')
}

function parseParallel(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_WORKERS) return count
  throw new InvalidArgumentError(`Give a number from 1 to ${MOST_WORKERS}`)
}

/** The platform asked for; undefined where none was. */
export function platformOf({ os, architecture, variant }: GlobalOptions): Partial<Platform> | undefined {
  const platform = {
    ...(os === undefined ? {} : { os }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
  }
  return Object.keys(platform).length > 0 ? platform : undefined
}

/** The sign-in asked for, good for whichever registry the command names. Fails with 'usage' where half of it is missing. */
export function signInsOf({ username, password }: GlobalOptions): SignIn[] {
  if (username === undefined && password === undefined) return []
  if (!username) throw usage('There is a password, but no user.', 'Give --username too.')
  if (!password)
    throw usage('There is a user, but no password.', 'Give --password too, or set OCCYSTRAP_PASSWORD.')
  return [{ registry: '*', username, secret: password }]
}
