import { Button } from '@mantine/core'
import type { JSX } from 'react'
import type { Mounting } from './use-mounting.ts'

interface MountButtonsProps {
  readonly mounting: Mounting
  readonly size: 'compact-xs' | 'xs'
}

/** Both are there always: what is mounted can change without this program. */
export function MountButtons({ mounting, size }: MountButtonsProps): JSX.Element {
  const { working, mount, unmount } = mounting
  return (
    <>
      <Button
        variant="default"
        size={size}
        loading={working === 'mount'}
        disabled={working !== null}
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
