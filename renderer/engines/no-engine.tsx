import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { useHost } from '../host.ts'
import { Command } from '../parts/command.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { IconRefresh, IconServer } from '../parts/icons.ts'
import styles from './engines.module.css'

/** What starts an engine on each system, by node's process.platform. */
const STARTS: Readonly<Record<string, readonly (readonly [engine: string, command: string])[]>> = {
  linux: [
    ['Podman, as yourself', 'systemctl --user start podman.socket'],
    ['Docker', 'sudo systemctl start docker'],
  ],
  darwin: [
    ['Podman', 'podman machine start'],
    ['Docker Desktop', 'open -a Docker'],
  ],
}
const ELSEWHERE = [['Podman', 'podman machine start']] as const

interface NoEngineProps {
  readonly isAsking: boolean
  readonly onAgain: () => void
}

/** No engine at all: where one was looked for, and what starts one. */
export function NoEngine({ isAsking, onAgain }: NoEngineProps): JSX.Element {
  const { info } = useHost()
  return (
    <EmptyState
      icon={<IconServer size={32} stroke={1.25} />}
      title="No engine found"
      action={
        <Button
          variant="default"
          data-autofocus
          autoFocus
          loading={isAsking}
          leftSection={<IconRefresh size={14} />}
          onClick={onAgain}
        >
          Look again
        </Button>
      }
    >
      <p>
        Looked at DOCKER_HOST, CONTAINER_HOST, Docker’s contexts, Podman’s connections, and the sockets where
        engines usually listen.
      </p>
      <dl className={styles['starts']}>
        {(STARTS[info.platform] ?? ELSEWHERE).map(([engine, command]) => (
          <div key={engine}>
            <dt>{engine}</dt>
            <dd>
              <Command text={command} />
            </dd>
          </div>
        ))}
      </dl>
    </EmptyState>
  )
}
