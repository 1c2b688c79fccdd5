import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ownerMark, ownerState } from '../image/process-owner.ts'

const TEMPORARY = /\.([0-9a-f]{8}-\d{1,10}-\d{1,20})\.[0-9a-z]+\.tmp$/

let count = 0

/** `<name>.<owner>.<number>.tmp`: a name nobody else makes, that says whose it is. */
export function temporaryName(name: string): string {
  return `${name}.${ownerMark()}.${(count++).toString(36)}.tmp`
}

export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name)
}

/** Removes what dead owners left in the folder, files and folders under temporary names. What may be alive is left alone. */
export async function clearLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = TEMPORARY.exec(name)?.[1]
    if (owner && ownerState(owner) === 'dead') await rm(join(folder, name), { recursive: true, force: true })
  }
}
