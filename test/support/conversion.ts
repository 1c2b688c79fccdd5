import { runJob } from '../../main/engine/run-job.ts'
import { openInput } from '../../main/engine/build.ts'
import type { Workspace } from '../../main/store/workspace.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobOutcome } from '../../shared/job.ts'
import type { DestinationSpec, FilterSpec, SourceSpec } from '../../shared/uri.ts'
import type { TestContext } from './context.ts'
import { testTask, type TestTask } from './task.ts'

/** A bundle without options. */
export function bundleAt(path: string): DestinationSpec {
  return { kind: 'oci', path, terminal: false, readOnly: false, env: [], allLabels: false }
}

/** What of a workspace inputs use: the test's index and cache. */
export function workspaceOf(context: TestContext): Workspace {
  return { ...context, catalogue: { remember: async () => {} } } as unknown as Workspace
}

/** A conversion as a job does it. */
export function convert(
  context: TestContext,
  input: SourceSpec,
  output: DestinationSpec,
  options: { readonly filters?: readonly FilterSpec[]; readonly task?: TestTask } = {},
): Promise<JobOutcome> {
  const { filters = [], task = testTask() } = options
  return runJob({ kind: 'convert', input, filters: [...filters], output }, workspaceOf(context), task)
}

export async function inspect(context: TestContext, source: SourceSpec): Promise<ImageInfo> {
  await using input = await openInput(source, workspaceOf(context), testTask())
  return await input.inspect(testTask())
}

/** Every layer's bytes, base first: read through and verified. */
export async function layerBytes(context: TestContext, source: SourceSpec): Promise<Buffer[]> {
  await using input = await openInput(source, workspaceOf(context), testTask())
  const layers: Buffer[] = []
  for await (const [type, , layer] of input.fetch(() => 'again', testTask())) {
    if (type !== 'layer' || !layer) continue
    const chunks: Buffer[] = []
    for await (const chunk of layer.stream()) chunks.push(Buffer.from(chunk))
    layers.push(Buffer.concat(chunks))
  }
  return layers
}
