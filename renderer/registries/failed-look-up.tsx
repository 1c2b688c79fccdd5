import { Button } from '@mantine/core'
import { useEffect, useRef, useState, type JSX } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName, formatReference, parseReference } from '../../shared/reference.ts'
import { failureOf } from '../client.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { counted } from '../parts/format.ts'
import { newestTagsFirst } from './completion.ts'
import styles from './registries.module.css'
import { useTags } from './use-completion.ts'

interface FailedLookUpProps {
  /** The whole reference that was asked for. */
  readonly image: string
  readonly registry: string
  readonly insecure: boolean
  readonly report: ErrorReport
  readonly onAgain: () => void
  readonly onTrust: () => void
  /** Back to what was typed. */
  readonly onEdit: () => void
  /** Another text instead. */
  readonly onTake: (text: string) => void
}

/** Why a reference led nowhere, and the one thing to do about it. */
export function FailedLookUp(props: FailedLookUpProps): JSX.Element {
  const { registry, report, onAgain, onTrust, onEdit } = props
  const [isAsking, setAsking] = useState(false)
  const isUnknown = report.code === 'not-found'
  useEffect(() => {
    if (isUnknown) onEdit()
    // oxlint-disable-next-line react/exhaustive-deps -- once: the person may go elsewhere afterwards
  }, [isUnknown])
  if (isUnknown) return <Unknown {...props} />
  if (isAsking) return <Trust registry={registry} onTrust={onTrust} onBack={() => setAsking(false)} />
  return (
    <ErrorNote
      report={report}
      action={<Action report={report} onAgain={onAgain} onAsk={() => setAsking(true)} />}
    />
  )
}

/** So many tags are offered instead of one that is not there. */
const OFFERED = 6

/** Whether it is the repository or the tag that is unknown: registries say so in many ways, but the tags they list are what they are. */
function Unknown({ image, registry, insecure, report, onTake }: FailedLookUpProps): JSX.Element {
  const { path, tag, digest } = parseReference(image)
  const repository = formatReference({ domain: registry, path })
  const tags = useTags(repository, insecure, true)
  const names = tags.data?.names ?? []
  const offered = newestTagsFirst(names).slice(0, OFFERED)
  const isRepositoryUnknown = tags.error !== null && failureOf(tags.error).code === 'not-found'
  const what = digest ?? tag ?? ''
  const message = isRepositoryUnknown
    ? `${registry} has no repository ${path}, or does not show it.`
    : names.length > 0
      ? `${registry} has the repository ${path}, but no ${what} in it.`
      : report.message
  return (
    <>
      <ErrorNote report={{ ...report, message }} />
      {offered.length > 0 && (
        <section className={styles['others']} aria-label="Tags that are there">
          <h3>{counted(names.length, 'tag')} there</h3>
          {offered.map((name) => (
            <Button
              key={name}
              variant="default"
              size="compact-xs"
              onClick={() => onTake(`${familiarName(repository)}:${name}`)}
            >
              <bdi className="mono">{visible(name)}</bdi>
            </Button>
          ))}
        </section>
      )}
    </>
  )
}

interface ActionProps {
  readonly report: ErrorReport
  readonly onAgain: () => void
  readonly onAsk: () => void
}

function Action({ report, onAgain, onAsk }: ActionProps): JSX.Element | null {
  if (report.code === 'not-found' || report.code === 'usage') return null
  if (report.code === 'certificate') {
    return (
      <Button variant="default" size="compact-xs" onClick={onAsk}>
        Trust without checking…
      </Button>
    )
  }
  return (
    <Button variant="default" size="compact-xs" onClick={onAgain}>
      Try again
    </Button>
  )
}

interface TrustProps {
  readonly registry: string
  readonly onTrust: () => void
  readonly onBack: () => void
}

/** What it means, said before it is done. */
function Trust({ registry, onTrust, onBack }: TrustProps): JSX.Element {
  const back = useRef<HTMLButtonElement>(null)
  useEffect(() => back.current?.focus(), [])
  const name = visible(registry)
  return (
    <section className={styles['trust']} aria-label="Trust without checking">
      <h3>
        Trust <bdi className="mono">{name}</bdi> without checking
      </h3>
      <p>
        Occystrap would not know that it talks to {name}. Whoever stands between could read what is sent, a
        password too, and hand you other images under its names.
      </p>
      <p className="dim">
        This holds for {name} alone. It is remembered, and taken back in the settings. The safer way is to
        name its certificate there.
      </p>
      <div className={styles['trustActions']}>
        <Button ref={back} variant="default" onClick={onBack}>
          Back
        </Button>
        <Button variant="default" className={styles['trustButton']} onClick={onTrust}>
          Trust without checking
        </Button>
      </div>
    </section>
  )
}
