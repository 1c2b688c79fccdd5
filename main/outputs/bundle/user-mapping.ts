import type { Warning } from '../../../shared/image.ts'
import type { ImageUser } from './image-user.ts'
import type { SpecMapping } from './spec-document.ts'

interface Range {
  readonly start: number
  readonly count: number
}

/** Whose bundle it is: `main/platform/accounts.ts`, and whether it is to start without privileges. */
export interface BundleAccounts {
  readonly uid: number
  readonly gid: number
  readonly isRootless: boolean
  /** Both or none. */
  readonly subUids: Range | undefined
  readonly subGids: Range | undefined
}

export interface UserMapping {
  readonly uidMappings: readonly SpecMapping[]
  readonly gidMappings: readonly SpecMapping[]
}

/** Container 0 is the user's own id; from 1 on come the ids that /etc/subuid and /etc/subgid give. */
export function userMapping(accounts: BundleAccounts): UserMapping {
  return {
    uidMappings: mappingsOf(accounts.uid, accounts.subUids),
    gidMappings: mappingsOf(accounts.gid, accounts.subGids),
  }
}

function mappingsOf(own: number, range: Range | undefined): SpecMapping[] {
  const first = { containerID: 0, hostID: own, size: 1 }
  return range ? [first, { containerID: 1, hostID: range.start, size: range.count }] : [first]
}

/**
 * The image's user as it can be inside the mapping, and what became of it. There are no additional groups: without a range the kernel
 * denies setgroups (user_namespaces(7)), and runc refuses to start with any in a bundle without privileges, range or not.
 */
export function mappedUser(
  user: ImageUser,
  accounts: BundleAccounts,
): { user: ImageUser; warnings: Warning[] } {
  const isMapped = isInside(user.uid, accounts.subUids) && isInside(user.gid, accounts.subGids)
  const mapped = { ...user, ...(isMapped ? {} : { uid: 0, gid: 0 }), additionalGids: [] }
  if (!isMapped) return { user: mapped, warnings: [replacedWarning(user, accounts)] }
  // Root may reach all files of the container without them.
  const isPoorer = user.uid !== 0 && user.additionalGids.length > 0
  return { user: mapped, warnings: isPoorer ? [droppedWarning(user.additionalGids)] : [] }
}

function isInside(id: number, range: Range | undefined): boolean {
  return id === 0 || id <= (range?.count ?? 0)
}

function replacedWarning({ uid, gid }: ImageUser, accounts: BundleAccounts): Warning {
  return {
    code: 'user-not-mapped',
    message:
      `The image runs as ${uid}:${gid}, which is not among the ids that this user may use; ` +
      `the process runs as 0:0, which is the user’s own ${accounts.uid}:${accounts.gid} outside the container.`,
    detail: 'A range in /etc/subuid and /etc/subgid, and newuidmap and newgidmap, would give more ids.',
  }
}

function droppedWarning(gids: readonly number[]): Warning {
  return {
    code: 'groups-left-out',
    message:
      'A container without privileges gets no additional groups; those of the image’s user were left out.',
    detail: gids.join(', '),
  }
}
