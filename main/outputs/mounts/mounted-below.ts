/** Mount points at or below a folder, the last mounted first; `mountinfo` is the text of /proc/self/mountinfo (proc(5)), as latin-1. */
export function mountedBelow(mountinfo: string, folder: string): string[] {
  const root = Buffer.from(folder).toString('latin1')
  return mountinfo
    .split('\n')
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((path) => path === root || path.startsWith(`${root}/`))
    .toReversed()
}

/** Blanks, line ends and backslashes stand as three octal digits. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
