import { Button, Modal } from '@mantine/core'
import type { JSX } from 'react'
import type { Candidate } from '../../shared/contract.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Digest } from '../parts/digest.tsx'
import { baseName, counted } from '../parts/format.ts'
import { useShell } from '../store.ts'
import { useOpen } from '../use-open.ts'
import styles from './pickers.module.css'

/** One file, several images: which of them to open. */
export function ImageChooser(): JSX.Element {
  const choice = useShell((state) => state.choices[0])
  const endChoice = useShell((state) => state.endChoice)
  return (
    <Modal
      opened={choice !== undefined}
      onClose={endChoice}
      title={choice && `${counted(choice.candidates.length, 'image')} in ${visible(baseName(choice.path))}`}
      size={800}
    >
      {choice && <Candidates candidates={choice.candidates} onChosen={endChoice} />}
    </Modal>
  )
}

interface CandidatesProps {
  readonly candidates: readonly Candidate[]
  readonly onChosen: () => void
}

function Candidates({ candidates, onChosen }: CandidatesProps): JSX.Element {
  const open = useOpen()
  const openAll = async (chosen: readonly Candidate[]): Promise<void> => {
    onChosen()
    for (const { source, references } of chosen) await open.image(source, references)
  }
  return (
    <>
      <div className={styles['tableBox']}>
        <table className={styles['table']}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Platform</th>
              <th scope="col">Image ID</th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col">
                <span className="hidden">Open</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {candidates.map((candidate, at) => (
              <tr key={keyOfSource(candidate.source)} onDoubleClick={() => void openAll([candidate])}>
                <th scope="row">
                  <Names references={candidate.references} />
                </th>
                <td>{platformOf(candidate)}</td>
                <td>
                  <Digest digest={candidate.imageID} name="image ID" />
                </td>
                <td className="number">
                  <Bytes value={candidate.size} />
                </td>
                <td className="number">
                  <Button
                    variant="default"
                    size="compact-xs"
                    aria-label={`Open ${nameOf(candidate)}`}
                    {...(at === 0 ? { 'data-autofocus': true } : {})}
                    onClick={() => void openAll([candidate])}
                  >
                    Open
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <footer className={styles['foot']}>
        <span className={styles['space']} />
        <Button variant="default" onClick={onChosen}>
          Cancel
        </Button>
        <Button onClick={() => void openAll(candidates)}>Open all {candidates.length}</Button>
      </footer>
    </>
  )
}

function Names({ references }: { readonly references: readonly string[] }): JSX.Element {
  const [first, ...others] = references
  if (first === undefined) return <span className="dim">no name</span>
  return (
    <>
      <bdi>{visible(familiarName(first))}</bdi>
      {others.length > 0 && (
        <span className="dim" title={visible(others.map(familiarName).join('\n'))}>
          {' '}
          and {`${others.length} more`}
        </span>
      )}
    </>
  )
}

function nameOf({ references, imageID }: Candidate): string {
  return references[0] === undefined ? imageID : visible(familiarName(references[0]))
}

function platformOf({ platform: { os, architecture, variant } }: Candidate): string {
  return visible([os, architecture, variant].filter(Boolean).join('/'))
}
