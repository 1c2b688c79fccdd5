import { useRef, type JSX, type KeyboardEvent, type ReactNode } from 'react'
import { IconArchive, IconFolder, IconStack, IconTerminal } from '../parts/icons.ts'
import { formatNames, type Draft, type Format } from './draft.ts'
import styles from './export.module.css'

interface Card {
  readonly format: Format
  readonly icon: ReactNode
  /** What it is for. */
  readonly use: string
  readonly facts: string
}

const cards: readonly Card[] = [
  {
    format: 'tar',
    icon: <IconArchive size={20} stroke={1.5} />,
    use: 'One file to carry to another machine and load there.',
    facts: 'docker load · podman load · skopeo · the same image gives the same bytes',
  },
  {
    format: 'dir',
    icon: <IconFolder size={20} stroke={1.5} />,
    use: 'A folder that several images share; a layer they have in common is stored once.',
    facts: 'added to, not replaced · any image in it can be made a tarball again',
  },
  {
    format: 'oci',
    icon: <IconTerminal size={20} stroke={1.5} />,
    use: 'A folder that runc and crun start, without an engine.',
    facts: 'config.json and rootfs · as root, or as you without root',
  },
  {
    format: 'mounts',
    icon: <IconStack size={20} stroke={1.5} />,
    use: 'Each layer as a folder, and the image mounted from them: nothing is copied twice.',
    facts: 'Linux overlay · images in one folder share their layers · changes are kept apart',
  },
]

interface FormatStepProps {
  readonly draft: Draft
  readonly onChange: (part: Partial<Draft>) => void
  /** Enter and a double click choose and go on. */
  readonly onNext: () => void
}

/** What the image is to become: a card for each format. */
export function FormatStep({ draft, onChange, onNext }: FormatStepProps): JSX.Element {
  const group = useRef<HTMLDivElement>(null)
  const press = (event: KeyboardEvent): void => {
    // Enter on a card is not a form's Enter: the card is a button.
    if (event.key === 'Enter') {
      event.preventDefault()
      onNext()
      return
    }
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    const at = cards.findIndex((card) => card.format === draft.format)
    const next = cards[(at + by + cards.length) % cards.length]
    if (!next) return
    onChange({ format: next.format })
    group.current?.querySelector<HTMLElement>(`[data-format="${next.format}"]`)?.focus()
  }
  return (
    <div ref={group} className={styles['cards']} role="radiogroup" aria-label="Format" onKeyDown={press}>
      {cards.map(({ format, icon, use, facts }) => (
        <button
          key={format}
          type="button"
          role="radio"
          aria-checked={draft.format === format}
          tabIndex={draft.format === format ? 0 : -1}
          data-format={format}
          data-autofocus={draft.format === format || undefined}
          className={styles['card']}
          onClick={() => onChange({ format })}
          onDoubleClick={onNext}
        >
          <span className={styles['cardIcon']}>{icon}</span>
          <span className={styles['cardName']}>{formatNames[format]}</span>
          <span className={styles['cardUse']}>{use}</span>
          <span className={styles['cardFacts']}>{facts}</span>
        </button>
      ))}
    </div>
  )
}
