import { Button, Modal } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { useState, type JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { EngineInfo } from '../../shared/remote.ts'
import { failureOf } from '../client.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { useEngines } from '../queries.ts'
import { useShell } from '../store.ts'
import { EngineImagesPane } from './engine-images-pane.tsx'
import { StateDot, stateWords } from './engine-state.tsx'
import styles from './engines.module.css'
import { NoEngine } from './no-engine.tsx'

/** While an engine does not answer, somebody is likely to be starting it: it is looked for again so often, in milliseconds. */
const OFTEN = 5000

/** Images of Docker and Podman, to open. */
export function EnginePicker(): JSX.Element {
  const request = useShell((state) => state.engines)
  const close = useShell((state) => state.closeEngines)
  return (
    <Modal
      opened={request !== null}
      onClose={close}
      title="Open from an engine"
      size={1000}
      classNames={{ body: styles['dialog'] ?? '' }}
    >
      {request && <Picker asked={request.socket} onClose={close} />}
    </Modal>
  )
}

interface PickerProps {
  /** The engine that was asked for; null for whichever is best. */
  readonly asked: string | null
  readonly onClose: () => void
}

function Picker({ asked, onClose }: PickerProps): JSX.Element {
  const query = useEngines()
  const [socket, setSocket] = useState(asked)
  const engines = query.data ?? []
  const engine = engines.find((engine) => engine.socket === socket) ?? bestOf(engines)
  const isReady = engine?.state === 'ready'
  useInterval(() => !isReady && void query.refetch({ cancelRefetch: false }), OFTEN, { autoInvoke: true })

  const again = (
    <Button
      variant="default"
      size="compact-xs"
      data-autofocus
      loading={query.isFetching}
      onClick={() => void query.refetch()}
    >
      Try again
    </Button>
  )
  return (
    <div className={styles['picker']}>
      {engines.length > 1 && engine && (
        <EngineChooser engines={engines} chosen={engine} onChoose={setSocket} />
      )}
      {isReady ? (
        <EngineImagesPane key={engine.socket} engine={engine} onClose={onClose} />
      ) : (
        <>
          <div className={styles['instead']}>
            {query.isError && <ErrorNote report={failureOf(query.error)} action={again} />}
            {query.isPending && <EmptyState title="Looking for engines" />}
            {query.data?.length === 0 && (
              <NoEngine isAsking={query.isFetching} onAgain={() => void query.refetch()} />
            )}
            {engine && <Unreachable engine={engine} action={again} />}
          </div>
          <footer className={styles['foot']}>
            <span className={styles['space']} />
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
          </footer>
        </>
      )}
    </div>
  )
}

/** The default one if it answers, or else any that does. */
function bestOf(engines: readonly EngineInfo[]): EngineInfo | undefined {
  const ready = engines.filter((engine) => engine.state === 'ready')
  const among = ready.length > 0 ? ready : engines
  return among.find((engine) => engine.isDefault) ?? among[0]
}

function Unreachable({
  engine,
  action,
}: {
  readonly engine: EngineInfo
  readonly action: JSX.Element
}): JSX.Element {
  return (
    <>
      <ErrorNote
        report={
          engine.problem ?? {
            code: 'engine',
            message: `${engine.name} is ${stateWords[engine.state]}.`,
          }
        }
        action={action}
      />
      <p className={styles['origin']}>
        <bdi className="mono">{visible(engine.socket)}</bdi>, {visible(engine.origin)}
      </p>
    </>
  )
}

interface EngineChooserProps {
  readonly engines: readonly EngineInfo[]
  readonly chosen: EngineInfo
  readonly onChoose: (socket: string) => void
}

/** Which engine: its name, its state in words, and where it was found on hover. */
function EngineChooser({ engines, chosen, onChoose }: EngineChooserProps): JSX.Element {
  return (
    <fieldset className={styles['engines']}>
      <legend className="hidden">Engine</legend>
      {engines.map((engine) => (
        <label
          key={engine.socket}
          className={styles['engine']}
          title={visible(`${engine.socket}, ${engine.origin}`)}
        >
          <input
            type="radio"
            className="hidden"
            name="engine"
            checked={engine.socket === chosen.socket}
            onChange={() => onChoose(engine.socket)}
          />
          <StateDot state={engine.state} />
          <span className="truncate">{visible(engine.name)}</span>
          <span className="dim">
            {engine.state === 'ready' ? visible(engine.version ?? 'ready') : stateWords[engine.state]}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
