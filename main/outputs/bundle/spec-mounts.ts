import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { cleanPath } from '../../image/clean-path.ts'
import type { SpecMount } from './spec-document.ts'

/** A place that the image wants kept apart from its files. */
export interface Volume {
  /** As the config says it. */
  readonly destination: string
  /** The folder itself, relative to the bundle, resolved inside the rootfs (`rootfs/var/lib/db`); undefined where the image has none. */
  readonly source: string | undefined
}

/** What `runc spec` mounts. */
const MOUNTS: readonly SpecMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
  },
]

/** Without a network namespace of its own a user namespace may not mount sysfs. */
const HOST_SYS: SpecMount = {
  destination: '/sys',
  type: 'none',
  source: '/sys',
  options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'],
}

/** Below them lies what the kernel and the runtime provide: runc starts nothing with a volume in /proc. */
const NOT_FOR_VOLUMES = /^\/(?:$|(?:proc|sys|dev)(?:\/|$))/

/** The mounts of `runc spec` (`--rootless`: specconv.ToRootless), and one for each volume, parents first. */
export function specMounts(
  volumes: readonly Volume[],
  isRootless: boolean,
): { mounts: SpecMount[]; warnings: Warning[] } {
  const byPlace = new Map(volumes.map(({ destination, source }) => [`/${cleanPath(destination)}`, source]))
  const places = [...byPlace.keys()].sort()
  const isFit = (place: string): boolean => !NOT_FOR_VOLUMES.test(place) && !place.includes('\0')
  const fit = places.filter(isFit)
  const inMemory = fit.filter((place) => byPlace.get(place) === undefined)
  return {
    mounts: [
      ...(isRootless ? MOUNTS.map(rootlessMount) : MOUNTS),
      ...fit.map((place) => volumeMount(place, byPlace.get(place))),
    ],
    warnings: [
      ...warning(
        'volumes-left-out',
        'Volumes that lie where the runtime puts files of its own were left out.',
        places.filter((place) => !isFit(place)),
      ),
      ...warning(
        'volumes-in-memory',
        'Volumes for which the image has no folder are kept in memory and end with the container.',
        inMemory,
      ),
    ],
  }
}

/** The image's own folder over itself: it stays writable on a read-only root, and what the image has there stays visible. */
function volumeMount(destination: string, source: string | undefined): SpecMount {
  if (source !== undefined) return { destination, type: 'bind', source, options: ['rbind', 'rw'] }
  return { destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=755'] }
}

/** Ids in options are the computer's, and most are not there in a user namespace. */
function rootlessMount(mount: SpecMount): SpecMount {
  if (mount.destination === '/sys') return HOST_SYS
  if (!mount.options) return mount
  return { ...mount, options: mount.options.filter((option) => !/^[ug]id=/.test(option)) }
}

function warning(code: string, message: string, places: readonly string[]): Warning[] {
  return places.length === 0 ? [] : [{ code, message, detail: places.map(visible).join('\n') }]
}
