/** A word for POSIX shells: plain words stay as they are, `tar:///a.tar?image=x` does not (`?` is a wildcard). */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
