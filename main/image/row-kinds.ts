import type { EntryType } from '../../shared/files.ts'
import { ENTRY_TYPES, type EntryColumns } from './entry-table.ts'

/** With more, each row keeps its own. */
const MOST_KINDS = 2 ** 16

type Columns = Pick<EntryColumns, 'length' | 'types' | 'modes' | 'uids' | 'gids'>

/**
 * Type, mode and owner of a layer's entries in a byte or two each: most layers have few combinations of them, which are kept once.
 */
export class RowKinds {
  readonly #columns: Omit<Columns, 'length'>
  /** The place of each row in the columns; undefined where it is the row itself. */
  readonly #places: Uint8Array | Uint16Array | undefined

  constructor(columns: Columns) {
    const { types, modes, uids, gids } = columns
    const { kinds, firsts } = combinationsOf(columns)
    this.#places = kinds
    this.#columns = kinds
      ? {
          types: picked(types, firsts),
          modes: picked(modes, firsts),
          uids: picked(uids, firsts),
          gids: picked(gids, firsts),
        }
      : { types: types.slice(), modes: modes.slice(), uids: uids.slice(), gids: gids.slice() }
  }

  type(row: number): EntryType {
    return ENTRY_TYPES[this.#columns.types[this.#placeOf(row)] as number] as EntryType
  }

  mode(row: number): number {
    return this.#columns.modes[this.#placeOf(row)] as number
  }

  uid(row: number): number {
    return this.#columns.uids[this.#placeOf(row)] as number
  }

  gid(row: number): number {
    return this.#columns.gids[this.#placeOf(row)] as number
  }

  #placeOf(row: number): number {
    return this.#places ? (this.#places[row] as number) : row
  }
}

function combinationsOf({ length, types, modes, uids, gids }: Columns): {
  /** The combination of each row; undefined where there are too many. */
  readonly kinds: Uint8Array | Uint16Array | undefined
  /** The first row of each. */
  readonly firsts: readonly number[]
} {
  const kinds = new Uint16Array(length)
  const firsts: number[] = []
  // In two steps: one number holds no more than type, mode and one owner.
  const users = new Map<number, number>()
  const groups = new Map<number, number>()
  for (let row = 0; row < length; row++) {
    const user = numberOf(
      users,
      (uids[row] as number) * 2 ** 20 + (modes[row] as number) * 8 + (types[row] as number),
    )
    const kind = numberOf(groups, (gids[row] as number) * MOST_KINDS + user)
    if (users.size > MOST_KINDS || groups.size > MOST_KINDS) return { kinds: undefined, firsts }
    if (kind === firsts.length) firsts.push(row)
    kinds[row] = kind
  }
  return { kinds: firsts.length <= 256 ? Uint8Array.from(kinds) : kinds, firsts }
}

/** That of the key, counted from 0; a new key has the next. */
function numberOf(numbers: Map<number, number>, key: number): number {
  const known = numbers.get(key)
  if (known !== undefined) return known
  numbers.set(key, numbers.size)
  return numbers.size - 1
}

function picked<T extends Uint8Array | Uint16Array | Uint32Array>(column: T, rows: readonly number[]): T {
  const values = column.slice(0, rows.length) as T
  for (const [i, row] of rows.entries()) values[i] = column[row] as number
  return values
}
