import type { JobSpec } from '../../shared/job.ts'

/** What a job writes; undefined for one that writes nothing that is kept. */
export function destinationOf(spec: JobSpec): string | undefined {
  switch (spec.kind) {
    case 'convert':
      return spec.output.path
    case 'save-path':
    case 'save-hits':
    case 'save-layer':
      return spec.destination
    case 'index':
    case 'index-engine':
    case 'mount':
    case 'unmount':
      return undefined
  }
}
