import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { isOnPath } from './programs.ts'

/** Ids of the computer's from `start` on that a user may give away inside a user namespace (subuid(5)). */
export interface IdRange {
  readonly start: number
  readonly count: number
}

/** Whom this process runs as, and the ids it may use besides its own. */
export interface Accounts {
  readonly uid: number
  readonly gid: number
  readonly isRoot: boolean
  /** Both or none: undefined where one has no range, or there is no newuidmap or newgidmap that could put it to use. */
  readonly subUids: IdRange | undefined
  readonly subGids: IdRange | undefined
}

export interface AccountsOptions {
  /** The folder that `etc/subuid` lies in. */
  readonly root?: string
  /** As the environment has it, `:` between folders. */
  readonly path?: string
  readonly user?: { readonly uid: number; readonly gid: number; readonly name: string | undefined }
}

/** (uid_t) -1 is no id. */
const END_OF_IDS = 0xffff_ffff

export function accounts(options: AccountsOptions = {}): Accounts {
  const { root = '/', path = process.env['PATH'] ?? '', user = thisUser() } = options
  return {
    uid: user.uid,
    gid: user.gid,
    // Where there are no uids (Windows) nobody is root.
    isRoot: user.uid === 0 && process.platform !== 'win32',
    ...rangesOf(user, root, path),
  }
}

/** One without the other is of no use: a user of the image has a group. */
function rangesOf(
  { uid, name }: NonNullable<AccountsOptions['user']>,
  root: string,
  path: string,
): Pick<Accounts, 'subUids' | 'subGids'> {
  const none = { subUids: undefined, subGids: undefined }
  // newuidmap refuses whom the user database does not know, also where the files name the uid.
  if (!name || !isOnPath('newuidmap', path) || !isOnPath('newgidmap', path)) return none
  const owners = [String(uid), name]
  const rangeIn = (file: string): IdRange | undefined => firstRange(textOf(join(root, 'etc', file)), owners)
  // The group's file goes by the user, too.
  const [subUids, subGids] = [rangeIn('subuid'), rangeIn('subgid')]
  return subUids && subGids ? { subUids, subGids } : none
}

function thisUser(): NonNullable<AccountsOptions['user']> {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, name: nameOfUser() }
}

/** undefined for a uid without an entry in the user database. */
function nameOfUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

/** The first usable line of `owner:start:count`; what is no such line is passed over, as newuidmap does. */
function firstRange(text: string, owners: readonly string[]): IdRange | undefined {
  for (const line of text.split('\n')) {
    const [, owner, first, length] = /^([^:]+):(\d+):(\d+)$/.exec(line.trim()) ?? []
    if (owner === undefined || !owners.includes(owner)) continue
    const [start, count] = [Number(first), Number(length)]
    if (count > 0 && start + count <= END_OF_IDS) return { start, count }
  }
  return undefined
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
