import type { Tree } from '../../shared/files.ts'
import type { JobOutcome, JobSpec } from '../../shared/job.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { Layer, Task } from '../image/element.ts'
import { NO_VERSION } from '../image/image-tree.ts'
import { NO_NODE } from '../image/path-nodes.ts'
import { resolvePath } from '../image/resolve-path.ts'
import { saveFile } from '../outputs/save-file.ts'
import type { Workspace } from '../store/workspace.ts'
import { OpenedImage } from './opened-image.ts'
import { refuseSource } from './refuse-source.ts'
import { tarOfFolder } from './tar-of-folder.ts'
import { verifyLayer } from './verify-layer.ts'

/** Saves one path of an image's tree: a file's bytes as they are, a folder as a tar of it. Links are followed; the layers read are verified. */
export async function savePath(
  spec: Extract<JobSpec, { kind: 'save-path' }>,
  workspace: Workspace,
  task: Task,
): Promise<JobOutcome> {
  await refuseSource(spec.input, spec.destination)
  await using image = await OpenedImage.open(spec.input, workspace, task)
  const tree = { isMerged: spec.isMerged, ...(spec.layer === undefined ? {} : { layer: spec.layer }) }
  const bytes = await bytesOf(image, tree, spec.path, task)
  return { path: spec.destination, bytesWritten: await saveFile(spec.destination, bytes) }
}

async function bytesOf(
  image: OpenedImage,
  query: Tree,
  path: PathBytes,
  task: Task,
): Promise<AsyncIterable<Uint8Array>> {
  const tree = await image.tree(task)
  const layer = Math.min(query.layer ?? tree.lastLayer, tree.lastLayer)
  const node = resolvePath(tree, path, layer)
  const version = node === NO_NODE ? NO_VERSION : tree.versionAt(node, layer)
  const layers = await image.layers()
  if (version !== NO_VERSION && tree.type(version) === 'directory')
    return tarOfFolder(tree, layers, { node, name: lastOf(path), layer, isMerged: query.isMerged }, task)
  const content = await image.content(query, path, task)
  await verifyLayer(layers[content.layer] as Layer, task.signal)
  return image.readContent(content, { offset: 0, length: content.size }, task)
}

function lastOf(path: PathBytes): PathBytes {
  return path.slice(path.lastIndexOf('/') + 1)
}
