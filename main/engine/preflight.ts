import { access, constants, lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Preflight } from '../../shared/contract.ts'
import { ImageError, reportOf, type ErrorReport } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobSpec } from '../../shared/job.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import type { Task } from '../image/element.ts'
import { readCatalog, sizeOfLayer } from '../outputs/directory-contents.ts'
import { bytesFree, requireSpace } from '../image/free-space.ts'
import { mountsTarget } from '../outputs/mounts/mounts-folder.ts'
import { fullName, namesOf } from '../outputs/names.ts'
import { fileTarget, folderTarget } from '../outputs/target.ts'
import type { Workspace } from '../store/workspace.ts'
import { openInput } from './build.ts'
import { commandLineOf } from './command-line-of.ts'
import { refuseSource } from './refuse-source.ts'

type BundleSpec = Extract<DestinationSpec, { kind: 'oci' }>

const WITHOUT_ROOT =
  'Without root, owners are kept as attributes, and devices and privileged attributes are left out; the report lists them.'
const STARTS_AS_YOU = 'The bundle starts as you.'
const STARTS_AS_ROOT = 'The bundle is started by root.'
const FOLDS_CASE =
  'Names that differ only in case are one name here; what cannot be written is listed in the report.'

/** What an export will do and what stands in its way, before a byte is moved. Never fails but when cancelled. */
export async function preflight(spec: JobSpec, workspace: Workspace, task: Task): Promise<Preflight> {
  const report = new Report()
  const target = await report.attempt(() => placeOf(spec))
  const info = await report.attempt(async () => {
    await using input = await openInput(spec.input, workspace, task)
    return await input.inspect(task)
  })
  const destination = destinationOf(spec)
  if (target && destination !== undefined) await report.attempt(() => refuseSource(spec.input, destination))
  if (target) await report.attempt(() => requireWritable(target.folder))
  if (info && spec.kind === 'convert') await report.attempt(() => describe(spec.output, info, report, task))
  if (target && spec.kind === 'convert' && spec.output.kind === 'oci')
    await describeBundle(spec.output, target, report)
  if (info && spec.kind === 'save-layer') report.bytes = bytesOfLayer(spec, info)
  if (spec.kind === 'convert' && spec.filters.length > 0)
    report.notes.push('A filter changes the layers, so the image gets a new ID.')
  if (target?.isFile && target.exists) {
    report.exists = true
    report.notes.push(`${destination} will be replaced.`)
  }
  if (target) await report.attempt(() => requireSpace(target.folder, report.bytes ?? 0))
  const free = target ? await bytesFree(target.folder) : 0
  task.signal.throwIfAborted()
  const { bytes, exists, problems, notes } = report
  return { bytes, bytesFree: free, exists, problems, notes, command: commandLineOf(spec) }
}

class Report {
  bytes: number | null = null
  exists = false
  readonly problems: ErrorReport[] = []
  readonly notes: string[] = []

  /** What fails is a problem to show. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.problems.push(reportOf(error))
      return undefined
    }
  }
}

function destinationOf(spec: JobSpec): string | undefined {
  if (spec.kind === 'index') return undefined
  return spec.kind === 'convert' ? spec.output.path : spec.destination
}

interface Place {
  /** An existing folder that will be written to. */
  readonly folder: string
  readonly exists: boolean
  readonly isFile: boolean
}

async function placeOf(spec: JobSpec): Promise<Place | undefined> {
  if (spec.kind === 'index') return undefined
  if (spec.kind === 'convert' && spec.output.kind === 'mounts') {
    const { path, parent, exists } = await mountsTarget(spec.output.path)
    return { folder: exists ? path : parent, exists, isFile: false }
  }
  if (spec.kind === 'convert' && spec.output.kind !== 'tar') {
    const { path, parent, exists } = await folderTarget(spec.output.path)
    // A bundle takes the place of an empty folder; what goes into a directory of images is made in it.
    return { folder: exists && spec.output.kind === 'dir' ? path : parent, exists, isFile: false }
  }
  const isConvert = spec.kind === 'convert'
  const path = isConvert ? spec.output.path : spec.destination
  const overwrite = isConvert && spec.output.kind === 'tar' ? spec.output.overwrite : true
  return { ...(await fileTarget(path, { overwrite })), isFile: true }
}

async function requireWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new ImageError('permission', `${folder} cannot be written to.`, {
      remedy: 'Choose another place, or change its permissions.',
      cause: error,
    })
  }
}

async function describe(output: DestinationSpec, info: ImageInfo, report: Report, task: Task): Promise<void> {
  const names = namesOf(output.reference, info, {
    ...task,
    warn: ({ message }) => report.notes.push(message),
  })
  const sizes = new Map(info.layers.map((layer) => [layer.diffID, layer.size]))
  if (output.kind === 'dir') {
    const count = sizes.size
    for (const diffID of sizes.keys())
      if ((await sizeOfLayer(output.path, diffID)) !== undefined) sizes.delete(diffID)
    if (sizes.size < count)
      report.notes.push(`${count - sizes.size} of ${count} layers are there already and will be shared.`)
    const catalog = await readCatalog(output.path)
    const replaced = names.filter(({ name, tag }) => catalog.get(name)?.has(tag))
    report.exists = replaced.length > 0
    for (const name of replaced) report.notes.push(`${fullName(name)} in ${output.path} will be replaced.`)
  }
  // A bundle is found by its folder.
  if (names.length === 0 && output.kind !== 'oci' && output.kind !== 'mounts')
    report.notes.push('The image has no name; give it one to find it again by.')
  report.bytes = sumOf([...sizes.values()]) ?? info.statedSize ?? null
  if (output.kind === 'oci' && report.bytes !== null && info.layers.length > 1)
    report.notes.push('It may be less: files that later layers replace or delete are not written.')
  if (sizes.values().every((size) => size !== null)) return
  report.notes.push(
    info.statedSize === undefined
      ? 'Some layers are compressed: their size is known when they have been read once.'
      : 'The size is what the engine says; that of its layers is known when they have been read once.',
  )
}

async function describeBundle(output: BundleSpec, place: Place, report: Report): Promise<void> {
  const { hostLibc } = await import('../outputs/rootfs/host-libc.ts')
  await report.attempt(async () => hostLibc())
  if (place.exists) await report.attempt(() => requireEmpty(output.path))
  if (process.getuid?.() !== 0)
    report.notes.push(`${WITHOUT_ROOT} ${output.rootless === false ? STARTS_AS_ROOT : STARTS_AS_YOU}`)
  if (await foldsCase(place.folder)) report.notes.push(FOLDS_CASE)
}

async function requireEmpty(folder: string): Promise<void> {
  if ((await readdir(folder)).length === 0) return
  throw new ImageError('exists', `${folder} exists already and is not empty.`, {
    remedy: 'Choose another name, or empty it first.',
  })
}

/** Whether names that differ only in case are one here, as far as the folder's own name tells. */
async function foldsCase(folder: string): Promise<boolean> {
  const name = basename(folder)
  const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()
  if (other === name) return false
  const [own, same] = await Promise.all(
    [folder, join(dirname(folder), other)].map((path) =>
      lstat(path, { bigint: true }).catch(() => undefined),
    ),
  )
  return own !== undefined && own.dev === same?.dev && own.ino === same.ino
}

function bytesOfLayer(spec: Extract<JobSpec, { kind: 'save-layer' }>, info: ImageInfo): number | null {
  const layer = info.layers.find((layer) => layer.diffID === spec.diffID)
  return (spec.isUncompressed ? layer?.size : layer?.compressedSize) ?? null
}

function sumOf(sizes: readonly (number | null)[]): number | null {
  let sum = 0
  for (const size of sizes) {
    if (size === null) return null
    sum += size
  }
  return sum
}
