import type { EntryType } from '../../shared/files.ts'

const TYPE_SIGNS: Readonly<Record<EntryType, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  link: '-',
  fifo: 'p',
  char: 'c',
  block: 'b',
}

/** Type and mode as `ls -l` writes them: `-rwsr-xr-x`. */
export function modeText(type: EntryType, mode: number): string {
  const bit = (mask: number, sign: string): string => (mode & mask ? sign : '-')
  const execute = (mask: number, special: number, sign: string): string => {
    if (mode & special) return mode & mask ? sign : sign.toUpperCase()
    return bit(mask, 'x')
  }
  return [
    TYPE_SIGNS[type],
    bit(0o400, 'r'),
    bit(0o200, 'w'),
    execute(0o100, 0o4000, 's'),
    bit(0o040, 'r'),
    bit(0o020, 'w'),
    execute(0o010, 0o2000, 's'),
    bit(0o004, 'r'),
    bit(0o002, 'w'),
    execute(0o001, 0o1000, 't'),
  ].join('')
}

/** Four octal digits, as `stat` and `ls --json` give them. */
export function octalMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

/** What kind of thing it is, in words. */
export const TYPE_WORDS: Readonly<Record<EntryType, string>> = {
  file: 'File',
  directory: 'Directory',
  symlink: 'Symbolic link',
  link: 'Hard link',
  fifo: 'Named pipe',
  char: 'Character device',
  block: 'Block device',
}
