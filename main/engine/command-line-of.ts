import type { JobSpec } from '../../shared/job.ts'
import { mountLine, unmountLine } from '../../shared/mount-lines.ts'
import { displayPath, isUtf8Path } from '../../shared/path-bytes.ts'
import { shellWord } from '../../shared/shell-word.ts'
import { formatDestination, formatFilter, formatSource } from '../../shared/source-uri.ts'

/** What does the same in a shell; '' where the command line has nothing of the kind. */
export function commandLineOf(spec: JobSpec): string {
  switch (spec.kind) {
    case 'convert': {
      const filters = spec.filters.flatMap((filter) => ['-f', formatFilter(filter)])
      return shell('process', formatSource(spec.input), formatDestination(spec.output), ...filters)
    }
    case 'index':
      return shell('index', formatSource(spec.input))
    case 'index-engine':
      return shell('index', '--engine', spec.socket)
    case 'save-path': {
      // Of a merged tree `cat` knows the last one; a name that is not UTF-8 cannot be typed.
      if ((spec.isMerged && spec.layer !== undefined) || !isUtf8Path(spec.path)) return ''
      const layer = spec.layer === undefined ? [] : ['--layer', String(spec.layer)]
      const cat = shell('cat', formatSource(spec.input), displayPath(spec.path), ...layer)
      return `${cat} > ${shellWord(spec.destination)}`
    }
    case 'save-hits':
    case 'save-layer':
      return ''
    case 'mount':
      return mountLine(spec.path, spec.imageID)
    case 'unmount':
      return unmountLine(spec.path)
  }
}

function shell(...words: readonly string[]): string {
  return ['occystrap', ...words].map((word) => shellWord(word)).join(' ')
}
