import { shellWord } from './shell-word.ts'

/** The line that starts a runtime bundle. */
export function runBundle(path: string, runtime: 'runc' | 'crun' = 'runc'): string {
  return `${runtime} run --bundle ${shellWord(path)} ${containerName(path)}`
}

/** To be said where a bundle was written on a computer that has no runtime. */
export const NO_RUNTIME =
  'Neither runc nor crun is on this computer: install one of them, or take the bundle to where one is.'

/** What runc and crun take as a container's name, made of the folder's: `/srv/debian-12-bundle` is started as `debian-12`. */
function containerName(path: string): string {
  const folder = path.split(/[/\\]/).findLast((part) => part !== '') ?? ''
  const name = folder
    .replace(/(?<=.)-bundle$/, '')
    .replaceAll(/[^A-Za-z0-9_+.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
  return name === '' ? 'container' : name
}
