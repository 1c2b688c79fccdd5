import { visible } from '../../shared/path-bytes.ts'

/** `|2 A=1 B=2 ` is how old builders wrote build arguments in front of a command. */
const BUILD_ARGS = /^\|\d+ (?:[A-Za-z_]\w*=\S* )*/
const NOP = /^\/bin\/sh -c #\(nop\) */
const SHELL = /^(?:\/bin\/(?:ba|a|da|z)?sh (?:-[a-z]+ (?:[a-z]+ )?)*?-[a-z]*c|cmd \/S \/C) +/
const BUILDKIT = /\s+# buildkit(?:\.\S+)?$/
const INSTRUCTION = /^[A-Z]{2,11}(?:\s|$)/

/**
 * A step's `created_by` as one line of a Dockerfile: the shells and markers that builders wrap around it are left out. Safe to show;
 * whoever copies takes the original.
 */
export function commandText(createdBy: string | undefined): string {
  if (createdBy === undefined || createdBy.trim() === '') return ''
  const unwrapped = createdBy.trim().replace(BUILDKIT, '')
  if (NOP.test(unwrapped)) return oneLine(unwrapped.replace(NOP, ''))
  const [instruction, rest] = unwrapped.startsWith('RUN ') ? ['RUN ', unwrapped.slice(4)] : ['', unwrapped]
  const bare = rest.replace(BUILD_ARGS, '')
  const command = bare.replace(SHELL, '')
  if (command !== bare || instruction !== '') return oneLine(`RUN ${command}`)
  return oneLine(INSTRUCTION.test(rest) ? rest : bare)
}

/** The whole of it, as it was written, one safe string a line. */
export function commandLines(createdBy: string): readonly string[] {
  return createdBy
    .replaceAll('\t', '  ')
    .split(/\r?\n/)
    .map((line) => visible(line))
}

function oneLine(text: string): string {
  return visible(
    text
      .replace(/\\\r?\n/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  )
}
