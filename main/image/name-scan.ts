import { setImmediate } from 'node:timers/promises'
import { hasWildcard } from '../../shared/glob.ts'
import { nameMatcher, typedPattern } from '../../shared/name-matcher.ts'
import { displayPath } from '../../shared/path-bytes.ts'
import type { SearchQuery } from '../../shared/query.ts'
import type { SearchBudget } from './entry-search.ts'
import { BlockLines } from './block-lines.ts'
import { lineExpression, type LineExpression } from './line-expression.ts'
import type { NameBlock } from './name-block.ts'
import type { NameTable } from './name-table.ts'
import { queryLiteral } from './query-literal.ts'
import { rowFilter, type RowTest } from './row-filter.ts'
import { RowList } from './row-list.ts'

/** Milliseconds between two looks at the signal and at whoever else waits for this process. */
const SLICE = 40
/** A question in the forms that make it quick. */
export interface NameScan {
  /** Decides on a decoded path. */
  readonly matches: (path: string) => boolean
  /** The same for many names, one a line. */
  readonly line: LineExpression | undefined
  /** What stands in every name that matches. */
  readonly literal: string | undefined
  /** The literal alone decides, or nothing is asked. */
  readonly isLiteral: boolean
  readonly accepts: RowTest | undefined
}

/** Fails with `usage` for an expression that is none. */
export function nameScan(query: SearchQuery): NameScan {
  const matches = nameMatcher(query)
  const accepts = rowFilter(query.filter)
  const part = query.isRegex ? query.pattern : typedPattern(query.pattern)
  if (part === '' || (!query.isRegex && /^\*+$/.test(part)))
    return { matches, line: undefined, literal: undefined, isLiteral: true, accepts }
  const isLiteral =
    !query.isRegex &&
    query.isCaseSensitive &&
    !query.isWholeName &&
    !hasWildcard(part) &&
    /^[ -~]+$/.test(part)
  const literal = isLiteral ? part : queryLiteral(query)
  return {
    matches,
    line: isLiteral ? undefined : lineExpression(query),
    literal,
    isLiteral,
    accepts,
  }
}

/**
 * The rows of each table that a search finds: just those of `matchingRows`, in a tenth of the time. Fails with `limit` when the
 * budget is spent, and with the signal's reason.
 */
export async function scannedRows(
  tables: readonly NameTable[],
  scan: NameScan,
  budget: SearchBudget,
): Promise<Int32Array[]> {
  const found: Int32Array[] = []
  const steps = allSteps(tables, scan, found)
  let isDone = false
  const work = (): void => {
    const end = performance.now() + SLICE
    do isDone = steps.next().done === true
    while (!isDone && performance.now() < end)
  }
  for (;;) {
    budget.run(work)
    if (isDone) return found
    await setImmediate()
    budget.signal?.throwIfAborted()
  }
}

/** All in one: a slice of work has a price of its own, and most layers are small. */
function* allSteps(
  tables: readonly NameTable[],
  scan: NameScan,
  found: Int32Array[],
): Generator<undefined, void, undefined> {
  for (const table of tables) {
    const rows = new RowList()
    const isSorted = table.odd.rows.length === 0
    for (const block of table.blocks) yield* blockSteps(block, scan, rows)
    yield* oddSteps(table, scan, rows)
    if (!isSorted) rows.sort()
    found.push(scan.accepts ? yield* accepted(table, scan.accepts, rows.taken()) : rows.taken())
    yield
  }
}

function* blockSteps(block: NameBlock, scan: NameScan, rows: RowList): Generator<undefined, void, undefined> {
  const lines = new BlockLines(block, rows)
  const { literal, line, isLiteral, matches } = scan
  if (isLiteral) {
    if (literal === undefined) lines.all()
    else lines.withLiteral(literal)
  } else if (literal !== undefined && !(line && lines.isDense(literal)))
    yield* lines.testedWithLiteral(literal, matches)
  else if (!line) yield* lines.tested(matches)
  else yield* line.at === 'anywhere' ? lines.matchedAnywhere(line) : lines.matchedAtStarts(line)
  yield
}

function* accepted(
  table: NameTable,
  accepts: RowTest,
  rows: Int32Array,
): Generator<undefined, Int32Array, undefined> {
  const left = new RowList()
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as number
    if (accepts(table, row)) left.push(row)
    if (index % 1024 === 1023) yield
  }
  return left.taken()
}

function* oddSteps(
  { odd }: NameTable,
  { matches }: NameScan,
  rows: RowList,
): Generator<undefined, void, undefined> {
  for (let index = 0; index < odd.rows.length; index++) {
    if (matches(displayPath(odd.path(index)))) rows.push(odd.rows[index] as number)
    if (index % 256 === 255) yield
  }
}
