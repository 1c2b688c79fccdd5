import { ImageError } from '../../../shared/errors.ts'
import { libc, type Libc } from '../../platform/libc.ts'

/** The system's library. Fails with `unsupported` where it cannot be called: elsewhere than on Linux nothing holds such a tree. */
export function hostLibc(): Libc {
  const found = libc()
  if (found) return found
  throw new ImageError('unsupported', 'A root filesystem can be written only on Linux.', {
    remedy: 'Run Occystrap there, or export a tarball.',
  })
}
