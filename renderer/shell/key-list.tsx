import { Modal } from '@mantine/core'
import type { JSX } from 'react'
import { Keys } from '../parts/keys.tsx'
import { useShell } from '../store.ts'
import { bindings, searchKeys, treeKeys } from './key-bindings.ts'
import styles from './shell.module.css'

/** The keys of the window, in a dialog. */
export function KeyList(): JSX.Element {
  const isShown = useShell((state) => state.isKeysShown)
  const showKeys = useShell((state) => state.showKeys)
  return (
    <Modal opened={isShown} onClose={() => showKeys(false)} title="Keys" size={640}>
      <KeyGroups />
    </Modal>
  )
}

/** The keys by where they work. */
export function KeyGroups(): JSX.Element {
  return (
    <div className={styles['keyGroups']}>
      {(['Anywhere', 'An image'] as const).map((group) => (
        <section key={group} className={styles['keyGroup']}>
          <h3>{group}</h3>
          {bindings
            .filter((binding) => binding.group === group)
            .map(({ id, label, combinations }) => (
              <div key={id} className={styles['keyRow']}>
                <span>{label}</span>
                <span className={styles['combinations']}>
                  {combinations.map((combination) => (
                    <Keys key={combination} combination={combination} />
                  ))}
                </span>
              </div>
            ))}
          {group === 'Anywhere' ? (
            <OwnKeys title="Files and lists" keys={treeKeys} />
          ) : (
            <OwnKeys title="Search" keys={searchKeys} />
          )}
        </section>
      ))}
    </div>
  )
}

interface OwnKeysProps {
  readonly title: string
  readonly keys: typeof treeKeys
}

function OwnKeys({ title, keys }: OwnKeysProps): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      {keys.map(([combination, label]) => (
        <div key={label} className={styles['keyRow']}>
          <span>{label}</span>
          <Keys combination={combination} />
        </div>
      ))}
    </>
  )
}
