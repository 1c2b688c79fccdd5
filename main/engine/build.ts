import type { ImageInfo } from '../../shared/image.ts'
import type { JobOutcome } from '../../shared/job.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'
import type { DestinationSpec, FilterSpec, SourceSpec } from '../../shared/uri.ts'
import type { ImageInput, ImageOutput, Task } from '../image/element.ts'
import type { Workspace } from '../store/workspace.ts'

/** An output that can say what it wrote, once it is final. */
export interface ReportingOutput extends ImageOutput {
  readonly outcome: JobOutcome
}

/** Where a source's kind meets its class. Each class is loaded when it is needed. */
export async function openInput(spec: SourceSpec, workspace: Workspace, task: Task): Promise<ImageInput> {
  switch (spec.kind) {
    case 'tar': {
      const { TarfileImage } = await import('../inputs/stored/tarfile.ts')
      return TarfileImage.open(spec, workspace, task)
    }
    case 'layout': {
      const { LayoutImage } = await import('../inputs/stored/layout.ts')
      return LayoutImage.open(spec, workspace, task)
    }
    case 'dir': {
      const { DirReader } = await import('../inputs/stored/directory.ts')
      return DirReader.open(spec, workspace, task)
    }
    case 'registry': {
      const { RegistryImage } = await import('../inputs/registry/registry.ts')
      return RegistryImage.open(spec, workspace, task)
    }
    case 'docker': {
      const { DockerImage } = await import('../inputs/docker/docker.ts')
      return DockerImage.open(spec, workspace, task)
    }
  }
}

/** Where a destination's kind meets its class. */
export async function openOutput(
  spec: DestinationSpec,
  info: ImageInfo,
  task: Task,
): Promise<ReportingOutput> {
  switch (spec.kind) {
    case 'tar': {
      const { TarWriter } = await import('../outputs/tarfile.ts')
      return TarWriter.create(spec, info, task)
    }
    case 'dir': {
      const { DirWriter } = await import('../outputs/directory.ts')
      return DirWriter.create(spec, info, task)
    }
    case 'mounts': {
      const { MountWriter } = await import('../outputs/mounts/mount-writer.ts')
      return MountWriter.create(spec, info, task)
    }
    case 'oci': {
      const { OCIBundleWriter } = await import('../outputs/bundle/oci-bundle.ts')
      return OCIBundleWriter.create(spec, info, task)
    }
  }
}

/** The output behind all filters; the first one sees the image first. */
export async function withFilters(
  output: ImageOutput,
  filters: readonly FilterSpec[],
  workspace: Workspace,
  task: Task,
): Promise<ImageOutput> {
  let next = output
  for (const filter of filters.toReversed()) next = await openFilter(filter, next, workspace, task)
  return next
}

async function openFilter(
  spec: FilterSpec,
  next: ImageOutput,
  workspace: Workspace,
  task: Task,
): Promise<ImageOutput> {
  switch (spec.kind) {
    case 'normalize-timestamps': {
      const { NormalizeTimestamps } = await import('../filters/normalize-timestamps.ts')
      return new NormalizeTimestamps(next, spec.timestamp, task)
    }
    case 'search': {
      const { SearchingFilter } = await import('../filters/searching.ts')
      const { pattern, isRegex } = spec
      return new SearchingFilter(next, {
        query: { pattern, isRegex, isCaseSensitive: true, isWholeName: !isRegex, filter: NO_FILTER },
        index: workspace.index,
        signal: task.signal,
        onFound: (diffID, path) => task.found?.({ diffID, path, isForScripts: spec.isScriptFriendly }),
      })
    }
  }
}
