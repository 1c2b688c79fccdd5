import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { cleanPath } from '../../image/clean-path.ts'
import type { SpecMount } from './spec-document.ts'
import type { Volume } from './tree-files.ts'

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
  const places = [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1))
  const isFit = (place: string): boolean => !NOT_FOR_VOLUMES.test(place) && !place.includes('\0')
  return {
    mounts: [
      ...(isRootless ? MOUNTS.map(rootlessMount) : MOUNTS),
      ...places.filter(([place]) => isFit(place)).map(volumeMount),
    ],
    warnings: warning(
      'volumes-left-out',
      'Volumes that lie where the runtime puts files of its own were left out.',
      places.map(([place]) => place).filter((place) => !isFit(place)),
    ),
  }
}

/** The folder over its place: it stays writable on a read-only root, and what the image has there stays visible. */
function volumeMount([destination, source]: readonly [destination: string, source: string]): SpecMount {
  return { destination, type: 'bind', source, options: ['rbind', 'rw'] }
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
