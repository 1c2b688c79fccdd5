import { shortDigest } from '../../shared/digest.ts'
import type { JobSpec } from '../../shared/job.ts'
import { displayPath, visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { nameOfSource } from '../../shared/source-name.ts'

/** What a job does, in words: "Export debian:12 to debian.tar". */
export function jobTitle(spec: JobSpec): string {
  switch (spec.kind) {
    case 'convert':
      return visible(
        `Export ${nameOfSource(spec.input)} to ${FORMS[spec.output.kind]}${lastOf(spec.output.path)}`,
      )
    case 'index':
      return visible(`Read the layers of ${nameOfSource(spec.input)}`)
    case 'index-engine':
      return visible(`Read the layers of all images of ${spec.socket}`)
    case 'save-path':
      return visible(`Save /${displayPath(spec.path)} to ${lastOf(spec.destination)}`)
    case 'save-hits':
      return visible(
        `Save ${spec.hits.length} ${spec.hits.length === 1 ? 'file' : 'files'} of ${nameOfSource(spec.input)} to ${lastOf(spec.destination)}`,
      )
    case 'save-layer':
      return visible(`Save layer ${shortDigest(spec.diffID)} to ${lastOf(spec.destination)}`)
    case 'mount':
      return visible(`Mount ${mountedName(spec)} at ${lastOf(spec.path)}`)
    case 'unmount':
      return visible(`Unmount ${lastOf(spec.path)}`)
  }
}

function mountedName({ imageID, reference }: Extract<JobSpec, { kind: 'mount' }>): string {
  return reference === undefined ? shortDigest(imageID) : familiarName(reference)
}

const FORMS = { tar: '', dir: '', oci: 'an OCI bundle in ', mounts: 'overlay mounts in ' } as const

/** The last component of a path of any platform; the whole path where it has none. */
function lastOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path
}
