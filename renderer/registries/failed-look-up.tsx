import { Button } from '@mantine/core'
import { useEffect, useRef, useState, type JSX } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import styles from './registries.module.css'

interface FailedLookUpProps {
  readonly registry: string
  readonly report: ErrorReport
  readonly onAgain: () => void
  readonly onTrust: () => void
  /** Back to what was typed. */
  readonly onEdit: () => void
}

/** Why a reference led nowhere, and the one thing to do about it. */
export function FailedLookUp({ registry, report, onAgain, onTrust, onEdit }: FailedLookUpProps): JSX.Element {
  const [isAsking, setAsking] = useState(false)
  const isUnknown = report.code === 'not-found'
  useEffect(() => {
    if (isUnknown) onEdit()
    // oxlint-disable-next-line react/exhaustive-deps -- once: the person may go elsewhere afterwards
  }, [isUnknown])
  if (isAsking) return <Trust registry={registry} onTrust={onTrust} onBack={() => setAsking(false)} />
  return (
    <ErrorNote
      report={report}
      action={<Action report={report} onAgain={onAgain} onAsk={() => setAsking(true)} />}
    />
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
