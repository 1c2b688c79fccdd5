import type { JSX } from 'react'
import type { EngineInfo } from '../../shared/remote.ts'
import styles from './engines.module.css'

/** The state of an engine in a word or two. */
export const stateWords: Readonly<Record<EngineInfo['state'], string>> = {
  ready: 'ready',
  stopped: 'stopped',
  forbidden: 'no access',
  unreachable: 'no answer',
}

/** A dot that stands beside the words, never for them. */
export function StateDot({ state }: { readonly state: EngineInfo['state'] }): JSX.Element {
  return <span className={styles['dot']} data-state={state} aria-hidden="true" />
}
