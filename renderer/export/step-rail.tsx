import type { JSX } from 'react'
import { IconCheck } from '../parts/icons.ts'
import styles from './export.module.css'

export const steps = ['format', 'options', 'destination', 'review'] as const
export type Step = (typeof steps)[number]

const names: Record<Step, string> = {
  format: 'Format',
  options: 'Options',
  destination: 'Destination',
  review: 'Review',
}

interface StepRailProps {
  readonly current: Step
  /** Back to a step that is behind; what was said there is kept. */
  readonly onGo: (step: Step) => void
}

/** The steps of the wizard: which are behind, which is asked now. */
export function StepRail({ current, onGo }: StepRailProps): JSX.Element {
  const at = steps.indexOf(current)
  return (
    <ol className={styles['rail']} aria-label="Steps">
      {steps.map((step, index) => (
        <li key={step} data-state={index < at ? 'behind' : index === at ? 'current' : 'ahead'}>
          <button
            type="button"
            disabled={index > at}
            aria-current={index === at ? 'step' : undefined}
            onClick={() => onGo(step)}
          >
            <span className={styles['mark']} aria-hidden="true">
              {index < at ? <IconCheck size={12} stroke={2.5} /> : index + 1}
            </span>
            {names[step]}
          </button>
        </li>
      ))}
    </ol>
  )
}
