import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { imageFolderOf } from '../../shared/mount-lines.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { layerNames } from '../outputs/mounts/layer-names.ts'
import { LAYERS, mountsTarget } from '../outputs/mounts/mounts-folder.ts'
import { expandedName } from '../outputs/expanded-tree.ts'
import { hostLibc } from '../outputs/rootfs/host-libc.ts'
import { accounts } from '../platform/accounts.ts'
import { requireRoot } from './mounted-images.ts'
import type { PreflightReport } from './preflight-report.ts'

type Of<Kind extends DestinationSpec['kind']> = Extract<DestinationSpec, { kind: Kind }>

const WITHOUT_ROOT =
  'Without root, owners are kept as attributes, and devices and privileged attributes are left out; the report lists them.'
const STARTS_AS_YOU = 'The bundle starts as you.'
const STARTS_AS_ROOT = 'The bundle is started by root.'
const MOUNTS_AS_YOU = 'Its mount.sh mounts it for you: with fuse-overlayfs, or in a namespace of your own.'
const FOLDS_CASE =
  'Names that differ only in case are one name here; what cannot be written is listed in the report.'

/** A bundle's folder; `folder` will be written to. */
export async function describeBundle(
  output: Of<'oci'>,
  { folder, exists }: { readonly folder: string; readonly exists: boolean },
  report: PreflightReport,
): Promise<void> {
  await describeTree(folder, report)
  if (exists) await report.attempt(() => requireEmpty(output.path))
  if (accounts().isRoot) return
  report.notes.push(`${WITHOUT_ROOT} ${output.rootless === false ? STARTS_AS_ROOT : STARTS_AS_YOU}`)
}

/** Layers as folders; that the place is free or ours was looked at before. */
export async function describeMounts(
  output: Of<'mounts'>,
  folder: string,
  report: PreflightReport,
): Promise<void> {
  await describeTree(folder, report)
  if (output.mount) await report.attempt(requireRoot)
  if (accounts().isRoot) return
  report.notes.push(`${WITHOUT_ROOT} ${MOUNTS_AS_YOU}`)
  await report.attempt(async () => {
    const { form } = await mountsTarget(output.path)
    if (form !== 'root') return
    throw new ImageError('permission', 'The layers in this folder were written by root.', {
      remedy: 'Run Occystrap as root to add to them, or choose another folder.',
    })
  })
}

/** A directory of images that gets the root filesystem, too. */
export async function describeExpanded(
  output: Of<'dir'>,
  info: ImageInfo,
  folder: string,
  report: PreflightReport,
): Promise<void> {
  await describeTree(folder, report)
  if (!accounts().isRoot) report.notes.push(WITHOUT_ROOT)
  const place = join(output.path, expandedName(info.imageID, output.uniqueNames))
  if (await isThere(place)) report.notes.push(`${place} will be replaced.`)
}

/** The layers that a folder of mounts holds already, and whether it holds the image. */
export async function sharedMounts(
  output: Of<'mounts'>,
  info: ImageInfo,
): Promise<{ readonly layers: ReadonlySet<Digest>; readonly isWhole: boolean }> {
  const diffIDs = info.layers.map(({ diffID }) => diffID)
  // Which of its two names a layer has is known when it has been read.
  const chained = layerNames(diffIDs, [])
  const layers = new Set<Digest>()
  for (const [index, diffID] of diffIDs.entries())
    for (const name of [hexOf(diffID), chained[index] as string])
      if (await isThere(join(output.path, LAYERS, name))) layers.add(diffID)
  return { layers, isWhole: await isThere(imageFolderOf(output.path, info.imageID)) }
}

async function describeTree(folder: string, report: PreflightReport): Promise<void> {
  await report.attempt(hostLibc)
  if (await foldsCase(folder)) report.notes.push(FOLDS_CASE)
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false
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
