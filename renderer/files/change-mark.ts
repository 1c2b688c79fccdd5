import type { Change } from '../../shared/files.ts'

/** Sign, word and colour of a change; the sign and the word say it without the colour. */
export interface ChangeMark {
  readonly sign: string
  readonly word: string
  /** A colour name of the theme. */
  readonly color: string
}

export const CHANGE_MARKS: Readonly<Record<Change, ChangeMark>> = {
  added: { sign: '+', word: 'added', color: 'teal' },
  modified: { sign: '~', word: 'modified', color: 'yellow' },
  deleted: { sign: '−', word: 'deleted', color: 'red' },
  unchanged: { sign: '', word: 'unchanged', color: 'gray' },
}
