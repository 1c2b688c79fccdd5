import { shortDigest } from '../../shared/digest.ts'
import type { JobSpec } from '../../shared/job.ts'
import { displayPath, visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import type { SourceSpec } from '../../shared/uri.ts'

/** What a job does, in words: "Export debian:12 to debian.tar". */
export function jobTitle(spec: JobSpec): string {
  switch (spec.kind) {
    case 'convert':
      return visible(`Export ${nameOf(spec.input)} to ${lastOf(spec.output.path)}`)
    case 'index':
      return visible(`Read the layers of ${nameOf(spec.input)}`)
    case 'save-path':
      return visible(`Save /${displayPath(spec.path)} to ${lastOf(spec.destination)}`)
    case 'save-layer':
      return visible(`Save layer ${shortDigest(spec.diffID)} to ${lastOf(spec.destination)}`)
  }
}

function nameOf(source: SourceSpec): string {
  if (source.image === undefined) return lastOf(source.path)
  const { image } = source
  return familiarName(source.kind === 'dir' && source.tag !== undefined ? `${image}:${source.tag}` : image)
}

/** The last component of a path of any platform; the whole path where it has none. */
function lastOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path
}
