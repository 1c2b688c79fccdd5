import { Checkbox, SegmentedControl, Textarea, TextInput } from '@mantine/core'
import type { JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { shellWord } from '../../shared/shell-word.ts'
import { useHost } from '../host.ts'
import { commandProblem, hostnameProblem, variablesProblem, type Draft, type Starter } from './draft.ts'
import styles from './export.module.css'
import { Field } from './field.tsx'

interface BundleOptionsProps {
  readonly draft: Draft
  readonly info: ImageInfo | undefined
  readonly onChange: (part: Partial<Draft>) => void
}

const starters: readonly { value: Starter; label: string; note: string }[] = [
  { value: 'automatic', label: 'Automatic', note: 'The user that Occystrap runs as: you, without root.' },
  { value: 'me', label: 'Me', note: 'You, without root: in the container your account is root.' },
  {
    value: 'root',
    label: 'Root',
    note: 'Root. The files stay yours: only root could give them their owners.',
  },
]

/** What the process of a bundle gets beside what the image says. */
export function BundleOptions({ draft, info, onChange }: BundleOptionsProps): JSX.Element {
  const { isRoot } = useHost().info
  return (
    <>
      <TextInput
        label="Command"
        placeholder={ownCommand(info)}
        description="Left empty, the image's own. As in a shell, quotes keep words together; nothing is expanded."
        value={draft.command}
        error={commandProblem(draft.command)}
        classNames={{ input: 'mono' }}
        data-autofocus
        spellCheck={false}
        onChange={(event) => onChange({ command: event.currentTarget.value })}
      />
      <Textarea
        label="Extra environment"
        placeholder="NAME=value"
        description="One variable a line, over the image's own."
        value={draft.variables}
        error={variablesProblem(draft.variables)}
        classNames={{ input: 'mono' }}
        size="xs"
        rows={2}
        resize="vertical"
        spellCheck={false}
        onChange={(event) => onChange({ variables: event.currentTarget.value })}
      />
      <TextInput
        label="Host name"
        value={draft.hostname}
        error={hostnameProblem(draft.hostname)}
        className={styles['hostname'] ?? ''}
        classNames={{ input: 'mono' }}
        spellCheck={false}
        onChange={(event) => onChange({ hostname: event.currentTarget.value })}
      />
      {/* What root writes only root starts. */}
      {!isRoot && (
        <Field label="Started by" note={starters.find(({ value }) => value === draft.starter)?.note ?? ''}>
          <SegmentedControl
            aria-label="Started by"
            data={starters.map(({ value, label }) => ({ value, label }))}
            value={draft.starter}
            transitionDuration={90}
            onChange={(value) => {
              const chosen = starters.find((starter) => starter.value === value)
              if (chosen) onChange({ starter: chosen.value })
            }}
          />
        </Field>
      )}
      <div className={styles['nested']}>
        <Checkbox
          label="Terminal"
          description="For a shell, or a program that is used by hand."
          checked={draft.isTerminal}
          onChange={(event) => onChange({ isTerminal: event.currentTarget.checked })}
        />
        <Checkbox
          label="Read-only root"
          description="The process cannot write to the image's files; mounts stay as they are."
          checked={draft.isReadOnly}
          onChange={(event) => onChange({ isReadOnly: event.currentTarget.checked })}
        />
        <Checkbox
          label="Labels that a runtime acts on"
          description="Copy these too. They can change how the container runs: only for an image that you trust."
          checked={draft.hasAllLabels}
          onChange={(event) => onChange({ hasAllLabels: event.currentTarget.checked })}
        />
      </div>
    </>
  )
}

function ownCommand(info: ImageInfo | undefined): string {
  const words = [...(info?.config.Entrypoint ?? []), ...(info?.config.Cmd ?? [])]
  return words.length === 0 ? 'The image names none' : visible(words.map(shellWord).join(' '))
}
