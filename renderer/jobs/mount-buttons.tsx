import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { useHost } from '../host.ts'
import type { Mounting } from './use-mounting.ts'

interface MountButtonsProps {
  readonly mounting: Mounting
  readonly size: 'compact-xs' | 'xs'
}

/** Both are there always: what is mounted can change without this program. Only root can mount from here. */
export function MountButtons({ mounting, size }: MountButtonsProps): JSX.Element {
  const { isRoot } = useHost().info
  const { working, mount, unmount } = mounting
  return (
    <>
      <Button
        variant="default"
        size={size}
        loading={working === 'mount'}
        disabled={working !== null || !isRoot}
        title={isRoot ? undefined : 'Only root can; mount.sh does it without.'}
        onClick={mount}
      >
        Mount
      </Button>
      <Button
        variant="default"
        size={size}
        loading={working === 'unmount'}
        disabled={working !== null}
        onClick={unmount}
      >
        Unmount
      </Button>
    </>
  )
}

/** What is known of the mount, in words. */
export function mountWords({ working, mountedAt, unmounted }: Mounting): string {
  if (working === 'mount') return 'Mounting…'
  if (working === 'unmount') return 'Unmounting…'
  if (mountedAt !== null) return 'Mounted at'
  if (unmounted === 0) return 'Nothing was mounted.'
  return unmounted === null ? 'Not mounted yet.' : 'Unmounted.'
}
