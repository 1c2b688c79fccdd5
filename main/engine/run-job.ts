import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { JobOutcome, JobSpec } from '../../shared/job.ts'
import { mergedOf } from '../../shared/mount-lines.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import type { ImageInput, Need, Task } from '../image/element.ts'
import { pipe } from '../image/pipe.ts'
import { saveFile } from '../outputs/save-file.ts'
import type { Workspace } from '../store/workspace.ts'
import { openInput, openOutput, withFilters } from './build.ts'
import { withPasses } from './with-passes.ts'
import { refuseSource } from './refuse-source.ts'

type JobOf<Kind extends JobSpec['kind']> = Extract<JobSpec, { kind: Kind }>

/** Does what a spec says, in this process, from start to end. Nothing is left behind where it fails or is cancelled. */
export async function runJob(spec: JobSpec, workspace: Workspace, task: Task): Promise<JobOutcome> {
  switch (spec.kind) {
    case 'convert':
      return convert(spec, workspace, task)
    case 'index': {
      const { indexLayers } = await import('./index-layers.ts')
      await using input = await openInput(spec.input, workspace, task)
      await indexLayers(input, spec.input, workspace, task)
      return trafficOf(input)
    }
    case 'index-engine': {
      const { indexEngine } = await import('./index-engine.ts')
      return indexEngine(spec.socket, workspace, task)
    }
    case 'save-path': {
      const { savePath } = await import('./save-path.ts')
      return savePath(spec, workspace, task)
    }
    case 'save-hits': {
      const { saveHits } = await import('./save-hits.ts')
      return saveHits(spec, workspace, task)
    }
    case 'save-layer':
      return saveLayer(spec, workspace, task)
    case 'mount': {
      const { mountWritten } = await import('./mounted-images.ts')
      const mountedAt = await mountWritten(spec.path, spec.imageID)
      return { path: mountedAt, mountedAt }
    }
    case 'unmount': {
      const { unmountImages } = await import('./mounted-images.ts')
      return { unmounted: (await unmountImages(spec.path)).length }
    }
  }
}

async function convert(spec: JobOf<'convert'>, workspace: Workspace, whole: Task): Promise<JobOutcome> {
  // Each filter that rewrites reads its layers twice: to name them and to pass them on.
  const rewriting = spec.filters.filter(({ kind }) => kind !== 'search')
  const task = withPasses(whole, 2 ** rewriting.length)
  await refuseSource(spec.input, spec.output.path)
  await using input = await openInput(spec.input, workspace, task)
  const info = await input.inspect(task)
  // Seen, whatever becomes of the job. A folder that cannot be written is no reason to fail.
  await workspace.catalogue.remember(info, spec.input).catch(() => {})
  // So that the whole is known from the start; what is there already counts for nothing.
  for (const layer of info.layers)
    task.progress(layer.diffID, 0, layer.compressedSize ?? layer.size ?? undefined)
  await using output = await openOutput(spec.output, info, task)
  await pipe(input, await withFilters(output, spec.filters, workspace, task), task)
  return { ...output.outcome, ...mountOf(spec.output, output.outcome), ...trafficOf(input) }
}

/** Where the image is mounted, if that was asked for: without it the job would have failed. */
function mountOf(output: DestinationSpec, { imageID }: JobOutcome): JobOutcome {
  if (output.kind !== 'mounts' || !output.mount || imageID === undefined) return {}
  return { mountedAt: mergedOf(output.path, imageID) }
}

/** What came over the network, and what need not. */
function trafficOf({ traffic }: ImageInput): JobOutcome {
  return traffic ? { bytesFetched: traffic.fetched, bytesKept: traffic.kept } : {}
}

async function saveLayer(spec: JobOf<'save-layer'>, workspace: Workspace, task: Task): Promise<JobOutcome> {
  await refuseSource(spec.input, spec.destination)
  await using input = await openInput(spec.input, workspace, task)
  const need = (diffID: Digest): Need => (diffID === spec.diffID ? 'once' : 'skip')
  for await (const [type, , layer] of input.fetch(need, task)) {
    if (type !== 'layer' || !layer) continue
    const stored = spec.isUncompressed ? undefined : layer.stored?.(task.signal)
    const bytes = stored?.bytes ?? layer.stream(task.signal)
    const bytesWritten = await saveFile(spec.destination, bytes)
    return { path: spec.destination, bytesWritten, ...trafficOf(input) }
  }
  throw new ImageError('not-found', `The image has no layer ${spec.diffID}.`)
}
