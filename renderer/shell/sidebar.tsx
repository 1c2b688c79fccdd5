import { ActionIcon, Tooltip } from '@mantine/core'
import type { JSX, ReactNode } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { StateDot, stateWords } from '../engines/engine-state.tsx'
import { JobsEntry } from '../jobs/jobs-entry.tsx'
import {
  IconCloud,
  IconFileImport,
  IconHome,
  IconPackage,
  IconSearch,
  IconSettings,
  IconX,
} from '../parts/icons.ts'
import { TailText } from '../parts/path-text.tsx'
import { useEngines, useRecent, useSettings } from '../queries.ts'
import { placeText } from '../source-place.tsx'
import { useShell } from '../store.ts'
import { useOpen } from '../use-open.ts'
import { Logo } from './logo.tsx'
import styles from './shell.module.css'

/** Recent images below the open ones: more are on Home. */
const SHOWN = 6

/** Where one can go: Home, the search in all images, the open images, recent ones, jobs, settings. */
export function Sidebar(): JSX.Element {
  const page = useShell((state) => state.page)
  const go = useShell((state) => state.go)
  const searchAll = useShell((state) => state.searchAll)
  return (
    <nav className={styles['sidebar']} aria-label="Main">
      <div className={styles['brand']}>
        <Logo />
        <span>Occystrap</span>
      </div>
      <Entry icon={<IconHome size={16} />} isCurrent={page === 'home'} onClick={() => go('home')}>
        Home
      </Entry>
      <Entry icon={<IconSearch size={16} />} isCurrent={page === 'search'} onClick={searchAll}>
        Search all images
      </Entry>
      <div className={styles['lists']}>
        <OpenImages />
        <RecentImages />
        <Engines />
        <Registries />
      </div>
      <div className={styles['foot']}>
        <JobsEntry isCurrent={page === 'jobs'} onClick={() => go('jobs')} />
        <Entry
          icon={<IconSettings size={16} />}
          isCurrent={page === 'settings'}
          onClick={() => go('settings')}
        >
          Settings
        </Entry>
      </div>
    </nav>
  )
}

function OpenImages(): JSX.Element {
  const open = useOpen()
  const engines = useEngines().data ?? []
  const page = useShell((state) => state.page)
  const images = useShell((state) => state.openImages)
  const opening = useShell((state) => state.opening)
  const active = useShell((state) => state.activeImage)
  const showImage = useShell((state) => state.showImage)
  const closeImage = useShell((state) => state.closeImage)
  return (
    <section aria-labelledby="open-images">
      <h2 id="open-images" className={styles['section']}>
        Open
        <Tooltip label="Open a file">
          <ActionIcon size={24} aria-label="Open a file" onClick={() => void open.pick('file')}>
            <IconFileImport size={14} />
          </ActionIcon>
        </Tooltip>
      </h2>
      {images.length === 0 && opening.length === 0 && <p className={styles['none']}>No image is open</p>}
      {images.map((image) => (
        <div key={image.id} className={styles['closable']}>
          <Entry
            icon={<IconPackage size={16} />}
            isCurrent={page === 'image' && active === image.id}
            label={visible(image.title)}
            title={placeText(image.source, engines)}
            onClick={() => showImage(image.source, image.title)}
          >
            <TailText text={image.title} />
          </Entry>
          <ActionIcon
            size={24}
            className={styles['close']}
            aria-label={`Close ${visible(image.title)}`}
            onClick={() => closeImage(image.id)}
          >
            <IconX size={14} />
          </ActionIcon>
        </div>
      ))}
      {opening.map(({ id, name, cancel }) => (
        <div key={id} className={styles['closable']}>
          <span className={styles['entry']} role="status">
            <span className={styles['spinner']} aria-hidden="true" />
            <span className="truncate">Opening {visible(name)}</span>
          </span>
          <ActionIcon
            size={24}
            className={styles['close']}
            aria-label={`Stop opening ${visible(name)}`}
            onClick={cancel}
          >
            <IconX size={14} />
          </ActionIcon>
        </div>
      ))}
    </section>
  )
}

function RecentImages(): JSX.Element | null {
  const open = useOpen()
  const openImages = useShell((state) => state.openImages)
  const recent = useRecent().data ?? []
  const engines = useEngines().data ?? []
  const ids = new Set(openImages.map((image) => image.id))
  const shown = recent
    .filter((image) => !image.isMissing && !ids.has(keyOfSource(image.source)))
    .slice(0, SHOWN)
  if (shown.length === 0) return null
  return (
    <section aria-labelledby="recent-images">
      <h2 id="recent-images" className={styles['section']}>
        Recent
      </h2>
      {shown.map((image) => (
        <Entry
          key={keyOfSource(image.source)}
          icon={<IconPackage size={16} />}
          label={visible(familiarName(image.title))}
          title={placeText(image.source, engines)}
          isQuiet
          onClick={() => void open.image(image.source, [image.title])}
        >
          <TailText text={familiarName(image.title)} />
        </Entry>
      ))}
    </section>
  )
}

/** Docker and Podman as they were found, whether they answer or not: the picker says what to do about it. */
function Engines(): JSX.Element {
  const engines = useEngines()
  const openEngines = useShell((state) => state.openEngines)
  return (
    <section aria-labelledby="engines">
      <h2 id="engines" className={styles['section']}>
        Engines
        <Tooltip label="Open from an engine">
          <ActionIcon size={24} aria-label="Open from an engine" onClick={() => openEngines()}>
            <IconFileImport size={14} />
          </ActionIcon>
        </Tooltip>
      </h2>
      {engines.data?.length === 0 && <p className={styles['none']}>None found</p>}
      {engines.data?.map((engine) => (
        <Entry
          key={engine.socket}
          icon={<StateDot state={engine.state} />}
          label={`${visible(engine.name)}, ${stateWords[engine.state]}`}
          title={engine.problem?.message ?? `${engine.socket}, ${engine.origin}`}
          aside={stateWords[engine.state]}
          isQuiet
          onClick={() => openEngines(engine.socket)}
        >
          <span className="truncate">{visible(engine.name)}</span>
        </Entry>
      ))}
    </section>
  )
}

/** Registries used before, the last one first: more are completed in the picker. */
function Registries(): JSX.Element {
  const registries = useSettings().data?.registries ?? []
  const openRegistries = useShell((state) => state.openRegistries)
  return (
    <section aria-labelledby="registries">
      <h2 id="registries" className={styles['section']}>
        Registries
        <Tooltip label="Open from a registry">
          <ActionIcon size={24} aria-label="Open from a registry" onClick={() => openRegistries()}>
            <IconFileImport size={14} />
          </ActionIcon>
        </Tooltip>
      </h2>
      {registries.length === 0 && <p className={styles['none']}>None used yet</p>}
      {registries.slice(0, SHOWN).map(({ name, insecure }) => (
        <Entry
          key={name}
          icon={<IconCloud size={16} />}
          label={insecure ? `${visible(name)}, not checked` : visible(name)}
          title={insecure ? `The certificate of ${name} is not checked` : name}
          {...(insecure ? { aside: 'unchecked' } : {})}
          isQuiet
          onClick={() => openRegistries({ text: `${name}/` })}
        >
          <span className="truncate">{visible(name)}</span>
        </Entry>
      ))}
    </section>
  )
}

interface EntryProps {
  readonly icon: ReactNode
  /** Read out where the children are laid out in pieces. */
  readonly label?: string
  readonly children: ReactNode
  readonly isCurrent?: boolean
  readonly isQuiet?: boolean
  readonly title?: string
  /** A word or two at the end of the line. */
  readonly aside?: string
  readonly onClick: () => void
}

function Entry({
  icon,
  label,
  children,
  isCurrent = false,
  isQuiet = false,
  title,
  aside,
  onClick,
}: EntryProps): JSX.Element {
  return (
    <button
      type="button"
      className={styles['entry']}
      data-quiet={isQuiet || undefined}
      aria-current={isCurrent ? 'page' : undefined}
      aria-label={label}
      title={title === undefined ? undefined : visible(title)}
      onClick={onClick}
    >
      {icon}
      <span className={styles['label']}>{children}</span>
      {aside !== undefined && <span className={styles['count']}>{aside}</span>}
    </button>
  )
}
