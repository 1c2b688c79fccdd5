import type { JSX, ReactNode } from 'react'
import type { Preflight } from '../../shared/contract.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { shellWord } from '../../shared/shell-word.ts'
import { failureOf } from '../client.ts'
import { counted } from '../parts/format.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Command } from '../parts/command.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { IconInfoCircle } from '../parts/icons.ts'
import { HostPath } from '../parts/path-text.tsx'
import { commandWords } from './command-words.ts'
import { formatNames, variablesOf, type Draft } from './draft.ts'
import styles from './export.module.css'

interface ReviewStepProps {
  readonly draft: Draft
  readonly info: ImageInfo | undefined
  /** undefined while it is made. */
  readonly preflight: Preflight | undefined
  readonly failure: Error | null
}

/** What will be done, what stands in its way, and the same on the command line. */
export function ReviewStep({ draft, info, preflight, failure }: ReviewStepProps): JSX.Element {
  const place = draft.places[draft.format]
  return (
    <div className={styles['review']}>
      {preflight?.problems.map((problem) => (
        <ErrorNote key={problem.message} report={problem} />
      ))}
      {failure && <ErrorNote report={failureOf(failure)} />}
      <dl className={styles['facts']}>
        <Fact name="Format">{formatNames[draft.format]}</Fact>
        {draft.format !== 'oci' && <Fact name="Name">{namesOf(draft, info)}</Fact>}
        <Fact name="Options">{optionsOf(draft)}</Fact>
        <Fact name="To">{place !== null && <HostPath path={place} />}</Fact>
        <Fact name="To write">
          {preflight ? <Bytes value={preflight.bytes} /> : '…'}
          <span className="dim"> of {preflight ? <Bytes value={preflight.bytesFree} /> : '…'} free</span>
        </Fact>
      </dl>
      {preflight && preflight.notes.length > 0 && (
        <ul className={styles['notes']} aria-label="Worth knowing">
          {preflight.notes.map((note) => (
            <li key={note}>
              <IconInfoCircle size={14} aria-hidden="true" />
              <span>{visible(note)}</span>
            </li>
          ))}
        </ul>
      )}
      {preflight && preflight.command !== '' && (
        <div className={styles['field']}>
          <span className={styles['label']}>The same on the command line</span>
          <Command text={preflight.command} />
        </div>
      )}
    </div>
  )
}

function namesOf(draft: Draft, info: ImageInfo | undefined): string {
  const typed = draft.reference.trim()
  if (typed !== '') return visible(familiarName(typed))
  const names = info?.references ?? []
  return names.length === 0 ? 'none' : visible(names.map(familiarName).join(', '))
}

function optionsOf(draft: Draft): string {
  const options = [
    draft.format === 'tar' && (draft.compression === 'none' ? 'not compressed' : draft.compression),
    draft.format === 'dir' && draft.isUnique && 'a manifest for each image',
    draft.format === 'dir' && draft.isExpanded && 'the merged root filesystem, too',
    draft.format === 'mounts' && draft.isMounted && 'mounted when it is written',
    ...bundleOptionsOf(draft),
    draft.isNormalised && `timestamps set to ${draft.timestamp.trim()}`,
  ].filter((option) => option !== false)
  return options.length === 0 ? 'none' : options.join(', ')
}

function bundleOptionsOf(draft: Draft): readonly (string | false)[] {
  if (draft.format !== 'oci') return []
  const words = commandWords(draft.command) ?? []
  const count = variablesOf(draft.variables).length
  const hostname = draft.hostname.trim()
  return [
    words.length > 0 && `runs ${visible(words.map(shellWord).join(' '))}`,
    count > 0 && counted(count, 'extra variable'),
    hostname !== '' && `host name ${hostname}`,
    draft.isTerminal && 'a terminal',
    draft.isReadOnly && 'read-only root',
    draft.starter === 'me' && 'started by you',
    draft.starter === 'root' && 'started by root',
    draft.hasAllLabels && 'all labels',
  ]
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}
