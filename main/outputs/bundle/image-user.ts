import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'

/** Whom a container's process runs as, in the image's own numbers. */
export interface ImageUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
  /** From the image's passwd; `/` where the user has no entry. */
  readonly home: string
}

/** The text of a file of the image (a path without leading slash), or undefined where it has none. */
export type ReadImageFile = (path: string) => Promise<string | undefined>

interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Above this runtimes took the number for a negative one, or for 0: CVE-2024-40635. */
const LAST_ID = 0x7fff_ffff
const NUMBER = /^[+-]?\d+$/

/**
 * `config.User` (`user`, `uid`, `user:group`, `uid:gid` and mixes) as Docker resolves it (moby/sys/user, GetExecUser): a number is never
 * looked up as a name, the first entry wins, and a group that is named leaves no additional ones.
 * ImageError `malformed` for ids beyond 0…2^31-1, `not-found` for a name that the image does not know.
 */
export async function imageUser(user: string, readFile: ReadImageFile): Promise<ImageUser> {
  const [userPart = '', groupPart = ''] = user.split(':')
  const uid = userPart === '' ? 0 : idOf(userPart, user)
  const passwd = passwdEntries((await readFile('etc/passwd')) ?? '')
  const entry = passwd.find((each) => (uid === undefined ? each.name === userPart : each.uid === uid))
  if (!entry && uid === undefined) throw unknown('user', userPart, 'etc/passwd')
  const ids = { uid: entry?.uid ?? uid ?? 0, home: entry?.home || '/' }
  if (!entry && groupPart === '') return checked({ ...ids, gid: 0, additionalGids: [] }, user)

  const groupID = idOf(groupPart, user)
  if (groupID !== undefined) return checked({ ...ids, gid: groupID, additionalGids: [] }, user)
  const groups = groupEntries((await readFile('etc/group')) ?? '')
  if (groupPart !== '') {
    const group = groups.find((each) => each.name === groupPart)
    if (!group) throw unknown('group', groupPart, 'etc/group')
    return checked({ ...ids, gid: group.gid, additionalGids: [] }, user)
  }
  const joined = groups.filter((each) => entry && each.members.includes(entry.name)).map(({ gid }) => gid)
  return checked({ ...ids, gid: entry?.gid ?? 0, additionalGids: [...new Set(joined)] }, user)
}

/** The number that the text is; undefined for a name. */
function idOf(text: string, user: string): number | undefined {
  if (!NUMBER.test(text)) return undefined
  const id = Number(text)
  if (!isID(id)) throw outOfRange(user)
  // Not -0.
  return id + 0
}

/** The numbers of the image's own files are no better than those of its config. */
function checked(found: ImageUser, user: string): ImageUser {
  if (![found.uid, found.gid, ...found.additionalGids].every(isID)) throw outOfRange(user)
  return found
}

function isID(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= LAST_ID
}

/** A NUL would cut off what the runtime makes of HOME. */
function passwdEntries(text: string): PasswdEntry[] {
  return linesOf(text).flatMap(([name = '', , uid = '', gid = '', , home = '']) =>
    isNumber(uid) && isNumber(gid)
      ? [{ name, uid: Number(uid), gid: Number(gid), home: home.includes('\0') ? '' : home }]
      : [],
  )
}

function groupEntries(text: string): GroupEntry[] {
  return linesOf(text).flatMap(([name = '', , gid = '', members = '']) =>
    isNumber(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
  )
}

/** A line without a number is passed over, as glibc does; moby would make 0 of it, which is root. */
function isNumber(text: string): boolean {
  return /^\d+$/.test(text)
}

function linesOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
}

function outOfRange(user: string): ImageError {
  return new ImageError(
    'malformed',
    `The image's user “${visible(user)}” has an id that is not between 0 and ${LAST_ID}.`,
  )
}

function unknown(what: string, name: string, file: string): ImageError {
  return new ImageError(
    'not-found',
    `The image runs as the ${what} “${visible(name)}”, which its ${file} does not have.`,
    { remedy: 'Build the image with that account in it, or with a number in its USER instruction.' },
  )
}
