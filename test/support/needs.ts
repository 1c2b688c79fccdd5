import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, test } from 'vitest'

/** Debian's package of each foreign program. */
const PACKAGES = {
  bzip2: 'bzip2',
  chromium: 'chromium',
  crun: 'crun',
  docker: 'docker.io',
  'docker-registry': 'docker-registry',
  dockerd: 'docker.io',
  mmdebstrap: 'mmdebstrap',
  openssl: 'openssl',
  podman: 'podman',
  python3: 'python3',
  runc: 'runc',
  skopeo: 'skopeo',
  umoci: 'umoci',
  xz: 'xz-utils',
  zstd: 'zstd',
} as const
export type Tool = keyof typeof PACKAGES

function isInstalled(tool: Tool): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * `describe` for what needs foreign programs, or root. Where something is missing the group is skipped under a name that says what to
 * install; under CI that is a failure, because a proof that did not run proves nothing.
 */
export function describeWith(
  needs: { readonly tools: readonly Tool[]; readonly root?: boolean },
  name: string,
  group: () => void,
): void {
  const missing = needs.tools.filter((tool) => !isInstalled(tool))
  const remedies = [
    ...(missing.length > 0
      ? [`apt-get install ${[...new Set(missing.map((tool) => PACKAGES[tool]))].join(' ')}`]
      : []),
    ...(needs.root && process.getuid?.() !== 0 ? ['run as root'] : []),
  ]
  if (remedies.length === 0) {
    describe(name, group)
  } else if (process.env['CI']) {
    describe(name, () => {
      test('has what it needs', () => {
        throw new Error(`Missing here: ${remedies.join('; ')}`)
      })
    })
  } else {
    describe.skip(`${name} (to run it: ${remedies.join('; ')})`, group)
  }
}
