import { Button } from '@mantine/core'
import { useState, type JSX } from 'react'
import type { ContainerConfig } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { environmentOf, labelsOf, portsOf, runFacts, volumesOf, type NameAndValue } from './config-words.ts'
import { Fact, Facts } from './facts.tsx'
import styles from './image.module.css'

/** The image's config in words. */
export function ConfigFacts({ config }: { readonly config: ContainerConfig }): JSX.Element {
  const environment = environmentOf(config)
  const labels = labelsOf(config)
  const ports = portsOf(config)
  const volumes = volumesOf(config)
  return (
    <>
      <RunSentence config={config} />
      <Facts>
        {environment.length > 0 && (
          <Fact name="Environment">
            <Pairs pairs={environment} noun="variables" />
          </Fact>
        )}
        {ports.length > 0 && (
          <Fact name="Ports">
            <Words words={ports} />
          </Fact>
        )}
        {volumes.length > 0 && (
          <Fact name="Volumes">
            <Words words={volumes} />
          </Fact>
        )}
        {config.StopSignal ? (
          <Fact name="Stop signal">
            <Words words={[config.StopSignal]} />
          </Fact>
        ) : null}
        {labels.length > 0 && (
          <Fact name="Labels">
            <Pairs pairs={labels} noun="labels" />
          </Fact>
        )}
      </Facts>
    </>
  )
}

function RunSentence({ config }: { readonly config: ContainerConfig }): JSX.Element {
  const { command, user, directory } = runFacts(config)
  const place = (
    <>
      as <code>{visible(user)}</code> in <code>{visible(directory)}</code>
    </>
  )
  if (command === null) {
    return <p className={styles['sentence']}>Names no command of its own; one given to it runs {place}.</p>
  }
  return (
    <p className={styles['sentence']}>
      Runs <code>{visible(command)}</code>
      <CopyButton value={command} label="Copy command" /> {place}.
    </p>
  )
}

/** Rows shown before the rest is asked for. */
const FIRST_PAIRS = 12

function Pairs({
  pairs,
  noun,
}: {
  readonly pairs: readonly NameAndValue[]
  readonly noun: string
}): JSX.Element {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? pairs : pairs.slice(0, FIRST_PAIRS)
  return (
    <>
      <ul className={styles['pairs']}>
        {shown.map(({ name, value }, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- a hostile config may repeat a name
          <li key={`${i} ${name}`}>
            <bdi className="mono">
              <span className="dim">{visible(name)}=</span>
              {visible(value)}
            </bdi>
            <CopyButton value={`${name}=${value}`} label={`Copy ${visible(name)}`} />
          </li>
        ))}
      </ul>
      {pairs.length > FIRST_PAIRS && (
        <Button variant="subtle" size="compact-xs" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${pairs.length} ${noun}`}
        </Button>
      )}
    </>
  )
}

function Words({ words }: { readonly words: readonly string[] }): JSX.Element {
  return (
    <ul className={styles['plainList']}>
      {words.map((word) => (
        <li key={word}>
          <bdi className="mono">{visible(word)}</bdi>
          <CopyButton value={word} label={`Copy ${visible(word)}`} />
        </li>
      ))}
    </ul>
  )
}
