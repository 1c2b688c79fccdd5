import { Button, Modal } from '@mantine/core'
import { skipToken, useQuery } from '@tanstack/react-query'
import { useState, type JSX } from 'react'
import type { Preflight } from '../../shared/contract.ts'
import type { ErrorReport } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { failureOf, useClient } from '../client.ts'
import { useJob } from '../jobs/job-store.ts'
import { titleOf } from '../names.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { useImageInfo } from '../queries.ts'
import { useShell } from '../store.ts'
import { DestinationStep } from './destination-step.tsx'
import { areOptionsRight, emptyDraft, specOf, type Draft } from './draft.ts'
import { ExportRun } from './export-run.tsx'
import styles from './export.module.css'
import { FormatStep } from './format-step.tsx'
import { OptionsStep } from './options-step.tsx'
import { ReviewStep } from './review-step.tsx'
import { StepRail, steps, type Step } from './step-rail.tsx'

/** Export of one image, in four steps; then the job itself. */
export function ExportWizard(): JSX.Element {
  const source = useShell((state) => state.exporting)
  const title = useShell(
    (state) => state.openImages.find((image) => source && image.id === keyOfSource(source))?.title,
  )
  const close = useShell((state) => state.closeExport)
  // Esc is the picker's while it lies on top: Mantine closes every dialog that hears it.
  const isCovered = useShell((state) => state.picker !== null)
  return (
    <Modal
      opened={source !== null}
      onClose={close}
      closeOnEscape={!isCovered}
      title={source && `Export ${visible(title ?? titleOf(source))}`}
      size={820}
      padding={0}
      classNames={{ header: styles['modalHeader'] ?? '' }}
    >
      {source && <Wizard key={keyOfSource(source)} source={source} onClose={close} />}
    </Modal>
  )
}

interface WizardProps {
  readonly source: SourceSpec
  readonly onClose: () => void
}

function Wizard({ source, onClose }: WizardProps): JSX.Element {
  const client = useClient()
  const watchJob = useShell((state) => state.watchJob)
  const info = useImageInfo(source).data
  const [step, setStep] = useState<Step>('format')
  const [draft, setDraft] = useState<Draft>(emptyDraft)
  const [jobID, setJobID] = useState<string | null>(null)
  const [failure, setFailure] = useState<ErrorReport | null>(null)
  const job = useJob(jobID)
  const spec = specOf(draft, source)
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }))

  const preflight = useQuery({
    queryKey: ['preflight', keyOfSource(source), JSON.stringify(spec)],
    queryFn: spec
      ? async ({ signal }): Promise<Preflight> => client.jobs.preflight(spec, { signal })
      : skipToken,
    enabled: step === 'review' && jobID === null,
    // The disk changes while the person reads.
    staleTime: 0,
    gcTime: 0,
  })
  const isReady = preflight.data?.problems.length === 0 && !preflight.isFetching

  const start = async (): Promise<void> => {
    if (!spec) return
    setFailure(null)
    try {
      const { id } = await client.jobs.submit(spec)
      watchJob(id)
      setJobID(id)
    } catch (error) {
      setFailure(failureOf(error))
    }
  }
  const changeAgain = (): void => {
    setJobID(null)
    watchJob(null)
    setStep('review')
  }

  if (jobID !== null && spec) {
    return (
      <ExportRun
        job={job}
        output={spec.output}
        layers={info?.layers.map((layer) => layer.diffID) ?? []}
        onAgain={() => void start()}
        onChange={changeAgain}
        onClose={onClose}
      />
    )
  }

  const at = steps.indexOf(step)
  const go = (by: number): void => setStep(steps[at + by] ?? step)
  return (
    <form
      className={styles['wizard']}
      onSubmit={(event) => {
        event.preventDefault()
        if (!canLeave(step, draft)) return
        if (step === 'review') void start()
        else go(1)
      }}
    >
      <StepRail current={step} onGo={setStep} />
      <div className={styles['body']}>
        {step === 'format' && <FormatStep draft={draft} onChange={change} onNext={() => go(1)} />}
        {step === 'options' && <OptionsStep draft={draft} info={info} onChange={change} />}
        {step === 'destination' && (
          <DestinationStep draft={draft} info={info} source={source} onChange={change} />
        )}
        {step === 'review' && (
          <ReviewStep draft={draft} info={info} preflight={preflight.data} failure={preflight.error} />
        )}
        {failure && <ErrorNote report={failure} />}
      </div>
      <footer className={styles['foot']}>
        {at > 0 && (
          <Button variant="default" onClick={() => go(-1)}>
            Back
          </Button>
        )}
        <span className={styles['space']} />
        <Button variant="subtle" color="gray" onClick={onClose}>
          Cancel
        </Button>
        {step === 'review' ? (
          <Button type="submit" disabled={!isReady} loading={preflight.isFetching}>
            {preflight.data?.exists && draft.format === 'tar' ? 'Replace and export' : 'Export'}
          </Button>
        ) : (
          <Button type="submit" disabled={!canLeave(step, draft)}>
            Next
          </Button>
        )}
      </footer>
    </form>
  )
}

/** Whether a step is answered, so that the next may be asked. */
function canLeave(step: Step, draft: Draft): boolean {
  switch (step) {
    case 'format':
      return true
    case 'options':
      return areOptionsRight(draft)
    case 'destination':
    case 'review':
      return draft.places[draft.format] !== null
  }
}
