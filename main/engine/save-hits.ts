import { ImageError } from '../../shared/errors.ts'
import type { JobOutcome, JobSpec } from '../../shared/job.ts'
import { NO_VERSION, type ImageTree } from '../image/image-tree.ts'
import { NO_NODE } from '../image/path-nodes.ts'
import { saveFile } from '../outputs/save-file.ts'
import type { Workspace } from '../store/workspace.ts'
import type { Task } from '../image/element.ts'
import { OpenedImage } from './opened-image.ts'
import { refuseSource } from './refuse-source.ts'
import { tarOfVersions } from './tar-of-versions.ts'

/** Saves what a search found as one tar: each path as its layer has it, in a folder for each layer. The layers read are verified. */
export async function saveHits(
  spec: Extract<JobSpec, { kind: 'save-hits' }>,
  workspace: Workspace,
  task: Task,
): Promise<JobOutcome> {
  await refuseSource(spec.input, spec.destination)
  await using image = await OpenedImage.open(spec.input, workspace, task)
  const tree = await image.tree(task)
  const versions = versionsOf(tree, spec.hits)
  if (versions.length === 0)
    throw new ImageError('not-found', 'The image has none of these files.', { remedy: 'Search again.' })
  const { node, born } = tree.versions
  const pathOf = (version: number): string => `layer-${born.at(version)}/${tree.nodes.path(node.at(version))}`
  const bytes = tarOfVersions(tree, await image.layers(), versions, pathOf, task)
  return { path: spec.destination, bytesWritten: await saveFile(spec.destination, bytes) }
}

/** What each layer put at its path, as it left it; folders before what is in them. A path that was replaced by its own layer is not there. */
function versionsOf(
  tree: ImageTree,
  hits: readonly { readonly layer: number; readonly path: string }[],
): number[] {
  const versions = hits.flatMap(({ layer, path }) => {
    const at = tree.nodes.find(path)
    const version = at === NO_NODE ? NO_VERSION : tree.versionAt(at, layer)
    return version !== NO_VERSION && tree.versions.born.at(version) === layer ? [version] : []
  })
  return [...new Set(versions)].sort((a, b) => a - b)
}
