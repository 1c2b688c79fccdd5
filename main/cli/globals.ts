import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import type { Platform } from '../../shared/image.ts'
import type { OutputCompression } from '../../shared/uri.ts'

/** The options every command knows, as commander gives them. */
export interface GlobalOptions {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly compression?: Exclude<OutputCompression, 'none'>
  /** Layers read at once; at least one. */
  readonly parallel: number
  readonly tempDir?: string
  readonly cacheDir?: string
  readonly quiet?: boolean
  readonly verbose?: boolean
}

/** One inflates while another is hashed; more only wait for the same two things. */
const DEFAULT_PARALLEL = 2
const MOST_PARALLEL = 64

export function addGlobalOptions(program: Command): void {
  program
    .option('--os <name>', 'operating system of the image to choose')
    .option('--architecture <name>', 'architecture of the image to choose')
    .option('--variant <name>', 'variant of the architecture')
    .addOption(
      new Option('--compression <kind>', 'compress tarballs that are written')
        .choices(['gzip', 'zstd'])
        .env('OCCYSTRAP_COMPRESSION'),
    )
    .addOption(
      new Option('-j, --parallel <n>', 'compressed layers that are read at once')
        .argParser(parseParallel)
        .default(DEFAULT_PARALLEL)
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
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_PARALLEL) return count
  throw new InvalidArgumentError(`Give a number from 1 to ${MOST_PARALLEL}`)
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
