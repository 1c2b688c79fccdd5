import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Preflight } from '../../shared/contract.ts'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
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
import { destinationOf } from './destination-of.ts'
import { PreflightReport } from './preflight-report.ts'
import { refuseSource } from './refuse-source.ts'

type MountSpec = Extract<JobSpec, { kind: 'mount' | 'unmount' }>

/** What an export will do and what stands in its way, before a byte is moved. Never fails but when cancelled. */
export async function preflight(spec: JobSpec, workspace: Workspace, task: Task): Promise<Preflight> {
  const report = new PreflightReport()
  if (spec.kind === 'mount' || spec.kind === 'unmount') return mountPreflight(spec, report)
  if (spec.kind === 'index-engine') return enginePreflight(spec, report, task)
  const target = await report.attempt(() => placeOf(spec))
  const info = await report.attempt(async () => {
    await using input = await openInput(spec.input, workspace, task)
    return await input.inspect(task)
  })
  const destination = destinationOf(spec)
  if (target && destination !== undefined) await report.attempt(() => refuseSource(spec.input, destination))
  if (target) await report.attempt(() => requireWritable(target.folder))
  if (info && spec.kind === 'convert') await report.attempt(() => describe(spec, info, report, task))
  if (target && info && spec.kind === 'convert') await describePlace(spec.output, target, info, report)
  if (info && spec.kind === 'save-layer') report.bytes = bytesOfLayer(spec, info)
  if (spec.kind === 'convert' && spec.filters.length > 0)
    report.notes.push('A filter changes the layers, so the image gets a new ID.')
  if (target?.isFile && target.exists) {
    report.exists = true
    report.notes.push(`${destination} will be replaced.`)
  }
  if (target) await report.attempt(() => requireSpace(target.folder, report.bytesNeeded ?? report.bytes ?? 0))
  const free = await freeAt(target?.folder ?? (destination === undefined ? undefined : dirname(destination)))
  task.signal.throwIfAborted()
  const { bytes, exists, problems, notes } = report
  return { bytes, bytesFree: free, exists, problems, notes, command: commandLineOf(spec) }
}

/** Also where the place itself is refused: 0 would be read as a full disk. */
async function freeAt(folder: string | undefined): Promise<number> {
  if (folder === undefined) return 0
  return bytesFree(folder).catch(() => 0)
}

interface Place {
  /** An existing folder that will be written to. */
  readonly folder: string
  readonly exists: boolean
  readonly isFile: boolean
}

async function placeOf(spec: JobSpec): Promise<Place | undefined> {
  const path = destinationOf(spec)
  if (path === undefined) return undefined
  if (spec.kind === 'convert' && spec.output.kind === 'mounts') {
    const target = await mountsTarget(path)
    return { folder: target.exists ? target.path : target.parent, exists: target.exists, isFile: false }
  }
  if (spec.kind === 'convert' && spec.output.kind !== 'tar') {
    const { path: real, parent, exists } = await folderTarget(path)
    // A bundle takes the place of an empty folder; what goes into a directory of images is made in it.
    return { folder: exists && spec.output.kind === 'dir' ? real : parent, exists, isFile: false }
  }
  const overwrite = spec.kind === 'convert' && spec.output.kind === 'tar' ? spec.output.overwrite : true
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

async function describe(
  { output, filters }: Extract<JobSpec, { kind: 'convert' }>,
  info: ImageInfo,
  report: PreflightReport,
  task: Task,
): Promise<void> {
  const names = namesOf(output.reference, info, {
    ...task,
    warn: ({ message }) => report.notes.push(message),
  })
  const sizes = new Map(info.layers.map((layer) => [layer.diffID, layer.size]))
  const all = [...sizes.values()]
  // What a filter makes of a layer is another layer.
  if (filters.length === 0) for (const diffID of await presentIn(output, info, report)) sizes.delete(diffID)
  if (sizes.size < all.length)
    report.notes.push(
      `${all.length - sizes.size} of ${all.length} layers are there already and will be shared.`,
    )
  if (output.kind === 'dir') {
    const catalog = await readCatalog(output.path)
    const replaced = names.filter(({ name, tag }) => catalog.get(name)?.has(tag))
    report.exists = replaced.length > 0
    for (const name of replaced) report.notes.push(`${fullName(name)} in ${output.path} will be replaced.`)
  }
  // A bundle is found by its folder, and what is mounted by its ID.
  if (names.length === 0 && output.kind !== 'oci' && output.kind !== 'mounts')
    report.notes.push('The image has no name; give it one to find it again by.')
  const isExpanded = output.kind === 'dir' && output.expand === true
  const layers = [...sizes.values()]
  // Of the root filesystem only a bound is known, which must not keep it from being tried.
  const written = isExpanded ? [...layers, ...all] : layers
  report.bytesNeeded = sumOf(layers) ?? info.statedSize ?? 0
  report.bytes = sumOf(written) ?? (isExpanded ? null : (info.statedSize ?? null))
  if (isExpanded && report.bytes !== null)
    report.notes.push('It may be less: the root filesystem is counted as all layers together.')
  if (output.kind === 'oci' && report.bytes !== null && info.layers.length > 1)
    report.notes.push('It may be less: files that later layers replace or delete are not written.')
  if (written.every((size) => size !== null)) return
  report.notes.push(
    info.statedSize === undefined
      ? 'Some layers are compressed: their size is known when they have been read once.'
      : 'The size is what the engine says; that of its layers is known when they have been read once.',
  )
}

/** Layers that the destination has already. */
async function presentIn(
  output: DestinationSpec,
  info: ImageInfo,
  report: PreflightReport,
): Promise<ReadonlySet<Digest>> {
  const present = new Set<Digest>()
  if (output.kind === 'dir')
    for (const { diffID } of info.layers)
      if ((await sizeOfLayer(output.path, diffID)) !== undefined) present.add(diffID)
  if (output.kind !== 'mounts') return present
  const { sharedMounts } = await import('./preflight-trees.ts')
  const { layers, isWhole } = await sharedMounts(output, info)
  if (isWhole) report.notes.push('The image is there already; what was changed in it stays.')
  return layers
}

/** What writing files to this place means. Loaded only for outputs that write trees. */
async function describePlace(
  output: DestinationSpec,
  place: Place,
  info: ImageInfo,
  report: PreflightReport,
): Promise<void> {
  if (output.kind === 'tar' || (output.kind === 'dir' && !output.expand)) return
  const { describeBundle, describeExpanded, describeMounts } = await import('./preflight-trees.ts')
  if (output.kind === 'oci') await describeBundle(output, place, report)
  else if (output.kind === 'mounts') await describeMounts(output, place.folder, report)
  else await describeExpanded(output, info, place.folder, report)
}

/** Mounting moves no bytes. */
/** Nothing is written but the index, and how much is read nobody knows before. */
async function enginePreflight(
  spec: Extract<JobSpec, { kind: 'index-engine' }>,
  report: PreflightReport,
  task: Task,
): Promise<Preflight> {
  const { assertAnswers } = await import('../docker/choose-engine.ts')
  await report.attempt(() => assertAnswers(spec.socket, task.signal))
  const { exists, problems, notes } = report
  return { bytes: null, bytesFree: 0, exists, problems, notes, command: commandLineOf(spec) }
}

async function mountPreflight(spec: MountSpec, report: PreflightReport): Promise<Preflight> {
  const { mountableImage, mountsFolder, requireRoot } = await import('./mounted-images.ts')
  if (spec.kind === 'mount') {
    await report.attempt(() => mountableImage(spec.path, spec.imageID))
    await report.attempt(requireRoot)
  } else {
    await report.attempt(() => mountsFolder(spec.path))
    report.notes.push('Every image in this folder is unmounted; what was changed in it stays.')
  }
  const { exists, problems, notes } = report
  return {
    bytes: 0,
    bytesFree: await freeAt(spec.path),
    exists,
    problems,
    notes,
    command: commandLineOf(spec),
  }
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
