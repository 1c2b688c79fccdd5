/**
 * The words of a command as a shell takes them apart: quotes and backslashes keep a word together, and nothing is expanded. null where
 * a quote is not closed.
 */
export function commandWords(text: string): readonly string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    const next = text.charAt(at + 1)
    if (quote === '' && /\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else if (char === quote) quote = ''
    else if (quote === '' && (char === "'" || char === '"')) {
      quote = char
      word ??= ''
    } else if (char === '\\' && isEscape(quote, next)) {
      word = (word ?? '') + next
      at++
    } else word = (word ?? '') + char
  }
  if (quote !== '') return null
  return word === null ? words : [...words, word]
}

/** POSIX, "Quoting": between double quotes a backslash means itself except before what would mean something there. */
function isEscape(quote: string, next: string): boolean {
  if (quote === "'" || next === '') return false
  return quote === '' || '"\\$`'.includes(next)
}
