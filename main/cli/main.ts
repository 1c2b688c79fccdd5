import { Command, CommanderError, Option } from 'commander'
import { VERSION } from '../version.ts'
import { visible } from '../../shared/path-bytes.ts'
import { DONE, FAILED, WRONG_USAGE, explain } from './failure.ts'
import { addGlobalOptions, type GlobalOptions } from './globals.ts'
import type { Session } from './session.ts'

/** `search` tells by its status whether something was found, so a failure has another one. */
const SEARCH_FAILED = 3

/** Runs a command; answers the exit status. Commands are loaded when they are called: most of a short run is loading. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that goes away is no fault: whoever still writes results hears of it in StandardOutput.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const program = new Command('occystrap')
  let status = DONE
  const run = (
    failed: number,
    action: (session: Session, args: string[], options: unknown) => Promise<number>,
  ) =>
    async function (this: Command): Promise<void> {
      status = await perform(this, failed, action)
    }
  describeProgram(program)
  addImageCommands(program, run)
  addCopyCommands(program, run)
  addServe(program, run)
  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE
    throw error
  }
}

type Run = (
  failed: number,
  // oxlint-disable-next-line typescript/no-explicit-any -- commander's options have the shape the command declares
  action: (session: Session, args: string[], options: any) => Promise<number>,
) => (this: Command) => Promise<void>

async function perform(
  command: Command,
  failed: number,
  action: (session: Session, args: string[], options: unknown) => Promise<number>,
): Promise<number> {
  const options = command.optsWithGlobals<GlobalOptions>()
  const { Session } = await import('./session.ts')
  using session = new Session(options)
  try {
    const status = await action(session, (command.processedArgs as (string | string[])[]).flat(), options)
    await session.output.flush()
    return status
  } catch (error) {
    session.task.clear()
    await session.output.flush().catch(() => {})
    return explain(error, { isVerbose: options.verbose ?? false, failed, signalName: session.signalName })
  }
}

function describeProgram(program: Command): void {
  addGlobalOptions(program)
  program
    .description('Opens container images, searches every layer, and writes them out.')
    .version(VERSION, '-V, --version', 'print the version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run "occystrap help" for the commands and their options.')
    .configureOutput({
      outputError: (text, write) =>
        write(
          `occystrap: ${visible(text.trimEnd()).replace(/^error: (.)/, (_, first: string) => first.toUpperCase())}.\n`,
        ),
    })
    .addHelpText('after', SOURCES)
}

function addImageCommands(program: Command, run: Run): void {
  program
    .command('info <source>')
    .description('image, platform, config, layers and sizes')
    .option('--json', 'one JSON object')
    .action(run(FAILED, async (...given) => (await import('./info.ts')).info(...given)))
  program
    .command('ls <source> [path]')
    .description('the files of the image, or of one layer')
    .option('--layer <n>', 'only layer N, the base being 0')
    .option('--hash', 'with the SHA-256 of each file')
    .option('--json', 'one JSON object a line')
    .action(run(FAILED, async (...given) => (await import('./ls.ts')).ls(...given)))
  program
    .command('cat <source> <path>')
    .description("one file's bytes to standard output")
    .option('--layer <n>', 'as layer N has it, the base being 0')
    .action(run(FAILED, async (...given) => (await import('./cat.ts')).cat(...given)))
  filterOptions(
    searchOptions(
      program
        .command('search <source...>')
        .usage('[options] <source...> <pattern>')
        .description('find files by name, or text inside files, in every layer'),
    ),
  )
    .addOption(new Option('--json', 'one JSON object a line').conflicts('scriptFriendly'))
    .option('--all', 'search every image that was opened before, in place of a source')
    .action(run(SEARCH_FAILED, async (...given) => (await import('./search.ts')).search(...given)))
  program
    .command('index [source...]')
    .description('read every layer, so that search --all finds what is in them')
    .option('--engine [socket]', 'all images of an engine, the default one unless said, in place of a source')
    .action(run(FAILED, async (...given) => (await import('./index-images.ts')).indexImages(...given)))
  searchOptions(
    program.command('search-layers-tarfile <tarfile> <pattern>').description('search, for a tarball'),
  ).action(run(SEARCH_FAILED, async (...given) => (await import('./search.ts')).search(...given)))
  searchOptions(
    program
      .command('search-layers <registry> <image> <tag> <pattern>')
      .description('search, for an image of a registry'),
  ).action(run(SEARCH_FAILED, async (...given) => (await import('./search.ts')).searchRegistry(...given)))
  searchOptions(
    socketOption(
      program
        .command('search-layers-docker <image> <tag> <pattern>')
        .description('search, for an image of an engine'),
    ),
  ).action(run(SEARCH_FAILED, async (...given) => (await import('./search.ts')).searchDocker(...given)))
}

function socketOption(command: Command): Command {
  return command.option(
    '--socket <path>',
    'the engine: its socket, or unix://, tcp:// or ssh:// and its address',
  )
}

function timestampOptions(command: Command): Command {
  return command
    .option('--normalize-timestamps', 'give every file the same time')
    .option('--timestamp <n>', 'that time, in seconds since 1970', '0')
}

function directoryOptions(command: Command): Command {
  return command
    .option('--use-unique-names', 'a manifest of its own for each image')
    .option('--expand', 'write the whole root filesystem, too')
}

function searchOptions(command: Command): Command {
  return command
    .option('--regex', 'the pattern is a regular expression, not a glob')
    .option('--script-friendly', 'print image:tag:layer:path')
}

function filterOptions(command: Command): Command {
  return command
    .option('--content', 'look for text inside files, not for names')
    .option('--binary', 'with --content: also in files that are not text')
    .option('-i, --ignore-case', 'letters match whatever their case')
    .option('-w, --word', 'only whole words, or whole names')
    .option('--include <glob>', 'only these paths (may be repeated)', collect, [])
    .option('--exclude <glob>', 'none of these paths (may be repeated)', collect, [])
    .option(
      '--type <type>',
      `file, directory, symlink, link, fifo, char or block (may be repeated)`,
      collect,
      [],
    )
    .option('--min-size <size>', 'files of at least this size: 500k, 1.5M, 2GiB')
    .option('--max-size <size>', 'files of at most this size')
    .option('--owner <uid:gid>', 'what belongs to these numbers; either may be left out')
    .option(
      '--mode <mode>',
      'setuid, setgid, sticky, world-writable or executable (may be repeated)',
      collect,
      [],
    )
    .option(
      '--change <change>',
      'added, modified, surviving, deleted or hidden (may be repeated)',
      collect,
      [],
    )
    .option('--deleted', 'what a later layer deleted')
    .option('--sha256 <hex>', 'files with this content')
    .option('--layer <n>', 'only layer N, the base being 0 (may be repeated)', collect, [])
}

/** Of an option that may be repeated. */
function collect(value: string, list: string[]): string[] {
  return [...list, value]
}

function bundleOptions(command: Command): Command {
  return command
    .option('--terminal', 'give its process a terminal')
    .option('--read-only', 'mount its root filesystem read-only')
    .option('--hostname <name>', 'its host name')
    .option('--env <name=value>', "a variable beside the image's own (may be repeated)", collect, [])
    .option('--rootless', 'in a user namespace of who writes it: without root it always is')
}

function addCopyCommands(program: Command, run: Run): void {
  program
    .command('process <source> <destination>')
    .description('write an image out in another form')
    .option('-f, --filter <filter>', 'change it on the way (may be repeated)', collect, [])
    .action(run(FAILED, async (...given) => (await import('./copy.ts')).processImage(...given)))
  directoryOptions(
    program
      .command('tarfile-to-extracted <tarfile> <path>')
      .description('add the image of a tarball to a directory of images'),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).tarfileToExtracted(...given)))
  timestampOptions(
    program
      .command('recreate-image <path> <image> <tag> <tarfile>')
      .description('write an image of a directory as a tarball'),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).recreateImage(...given)))
  addFetchCommands(program, run)
  addBundleCommands(program, run)
  addMountCommands(program, run)
}

function addFetchCommands(program: Command, run: Run): void {
  timestampOptions(
    program
      .command('fetch-to-tarfile <registry> <image> <tag> <tarfile>')
      .description('write an image of a registry as a tarball'),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).fetchToTarfile(...given)))
  directoryOptions(
    program
      .command('fetch-to-extracted <registry> <image> <tag> <path>')
      .description('add an image of a registry to a directory of images'),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).fetchToExtracted(...given)))
  socketOption(
    timestampOptions(
      program
        .command('docker-to-tarfile <image> <tag> <tarfile>')
        .description('write an image of an engine as a tarball'),
    ),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).dockerToTarfile(...given)))
  socketOption(
    directoryOptions(
      program
        .command('docker-to-extracted <image> <tag> <path>')
        .description('add an image of an engine to a directory of images'),
    ),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).dockerToExtracted(...given)))
}

function addBundleCommands(program: Command, run: Run): void {
  bundleOptions(
    program
      .command('fetch-to-oci <registry> <image> <tag> <path>')
      .description('write an image of a registry as an OCI runtime bundle'),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).fetchToOci(...given)))
  socketOption(
    bundleOptions(
      program
        .command('docker-to-oci <image> <tag> <path>')
        .description('write an image of an engine as an OCI runtime bundle'),
    ),
  ).action(run(FAILED, async (...given) => (await import('./copy.ts')).dockerToOci(...given)))
}

function addMountCommands(program: Command, run: Run): void {
  program
    .command('fetch-to-mounts <registry> <image> <tag> <path>')
    .description('write the layers of an image of a registry as folders that overlay mounts')
    .option('--mount', 'mount the image when it is written (needs root)')
    .action(run(FAILED, async (...given) => (await import('./copy.ts')).fetchToMounts(...given)))
  program
    .command('unmount <path>')
    .description('unmount every image of such a folder')
    .action(run(FAILED, async (session, args) => (await import('./unmount.ts')).unmount(session, args)))
}

function addServe(program: Command, run: Run): void {
  program
    .command('serve')
    .description('show the window in a browser')
    .option('--port <n>', 'port on this machine; any free one unless said')
    .option('--open', 'open the browser')
    .action(run(FAILED, async (...given) => (await import('./serve.ts')).serveWindow(...given)))
}

const SOURCES = `
Sources:
  tar://PATH[?image=REFERENCE]        any image tarball
  layout://PATH[?ref=REFERENCE]       an OCI image layout
  dir://PATH?image=NAME&tag=TAG       a directory of images
  registry://HOST/IMAGE:TAG[?arch=NAME&insecure=true&max_workers=N&foreign=true]   or @DIGEST
  docker://IMAGE:TAG[?socket=PATH]    an image of a Docker or Podman engine
  PATH                                a tarball, a layout or a directory
Destinations:
  tar://PATH[?reference=NAME:TAG&compression=gzip|zstd&overwrite=false]
  dir://PATH[?unique_names=true&expand=true&reference=NAME:TAG]
  oci://PATH[?terminal=true&read_only=true&hostname=NAME&env=NAME=VALUE&arg=WORD&rootless=true]
                                      a bundle for runc or crun; env and arg may be repeated
  mounts://PATH[?mount=true&reference=NAME:TAG]
                                      layers as folders, with scripts that mount them
Filters:
  normalize-timestamps[:ts=SECONDS]

Exit status: 0 done, 1 failed, 2 wrong usage; search: 0 found, 1 nothing found, 3 failed.`
