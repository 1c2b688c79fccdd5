import type { Command } from 'commander'
import { Option } from 'commander'
import type { Platform } from '../../shared/image.ts'
import type { OutputCompression } from '../../shared/uri.ts'
import type { WorkspaceOptions } from '../engine/job-protocol.ts'

/** The options every command knows, as commander gives them. */
export interface GlobalOptions {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly compression?: Exclude<OutputCompression, 'none'>
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
      new Option('--compression <kind>', 'compress tarballs that are written')
        .choices(['gzip', 'zstd'])
        .env('OCCYSTRAP_COMPRESSION'),
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

/** The platform asked for; undefined where none was. */
export function platformOf({ os, architecture, variant }: GlobalOptions): Partial<Platform> | undefined {
  const platform = {
    ...(os === undefined ? {} : { os }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
  }
  return Object.keys(platform).length > 0 ? platform : undefined
}

export function workspaceOptionsOf({ cacheDir, tempDir }: GlobalOptions): WorkspaceOptions {
  return {
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(tempDir === undefined ? {} : { tempDir }),
  }
}
