import { Button, Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import type { RemotePlatform } from '../../shared/remote.ts'
import type { Settings } from '../../shared/settings.ts'
import { useClient } from '../client.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Said } from '../parts/said.tsx'
import { settingsKey, useSettings } from '../queries.ts'
import { useShell, type RegistryRequest } from '../store.ts'
import { useOpen } from '../use-open.ts'
import { withUsed } from './completion.ts'
import { FailedLookUp } from './failed-look-up.tsx'
import { FoundImage } from './found-image.tsx'
import { ReferenceBox } from './reference-box.tsx'
import styles from './registries.module.css'
import { SignInForm } from './sign-in-form.tsx'
import { namesKey, useCompletion } from './use-completion.ts'
import { useLookUp, type LookUp } from './use-look-up.ts'

/** An image of a registry, by its reference. */
export function RegistryPicker(): JSX.Element {
  const request = useShell((state) => state.registries)
  const close = useShell((state) => state.closeRegistries)
  const settings = useSettings().data
  return (
    <Modal
      opened={request !== null}
      onClose={close}
      title="Open from a registry"
      size={760}
      classNames={{ body: styles['dialog'] ?? '' }}
    >
      {/* Which registries are not checked has to be known before the first is asked. */}
      {request && settings && <Picker request={request} settings={settings} onClose={close} />}
    </Modal>
  )
}

interface PickerProps {
  readonly request: RegistryRequest
  readonly settings: Settings
  readonly onClose: () => void
}

function Picker({ request, settings, onClose }: PickerProps): JSX.Element {
  const open = useOpen()
  const queries = useQueryClient()
  const box = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(request.text)
  const [trusted, setTrusted] = useState<readonly string[]>([])
  const { registries } = settings
  const isInsecure = (registry: string): boolean =>
    trusted.includes(registry) || registries.some(({ name, insecure }) => name === registry && insecure)

  const remember = useRemember()
  const { lookUp, start, reset } = useLookUp((name, insecure) => remember({ name, insecure }))
  const suggestions = useCompletion(text, registries, isInsecure)
  const again = (): void => start(text, isInsecure)

  useEffect(() => {
    const input = box.current
    // The dialog gives the focus away before the settings are there; what is typed in already is gone on with.
    input?.focus()
    input?.setSelectionRange(input.value.length, input.value.length)
    if (request.isWhole) start(request.text, isInsecure)
    // oxlint-disable-next-line react/exhaustive-deps -- once, for the request it was opened with
  }, [])

  const change = (text: string): void => {
    setText(text)
    if (lookUp.phase !== 'idle') reset()
  }
  const trust = (registry: string): void => {
    setTrusted([...trusted, registry])
    start(text, (name) => name === registry || isInsecure(name))
  }
  const openImage = (platform?: RemotePlatform['platform']): void => {
    if (lookUp.phase !== 'found') return
    onClose()
    const { image, registry } = lookUp
    void open.image({
      kind: 'registry',
      image,
      ...(platform ? { platform } : {}),
      ...(isInsecure(registry) ? { insecure: true } : {}),
    })
  }
  const isFound = lookUp.phase === 'found'
  const isSignIn = lookUp.phase === 'failed' && lookUp.report.code === 'sign-in'
  const isOnly = isFound && lookUp.resolved.platforms.length === 1

  return (
    <div className={styles['picker']}>
      <form
        className={styles['ask']}
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== '') again()
        }}
      >
        <ReferenceBox
          box={box}
          text={text}
          suggestions={suggestions}
          problem={lookUp.phase === 'wrong' ? lookUp.problem : null}
          onText={change}
          onOpen={isOnly ? openImage : null}
        />
        <Button
          type="submit"
          variant={isFound || isSignIn ? 'default' : 'filled'}
          disabled={text.trim() === ''}
          loading={lookUp.phase === 'asking'}
        >
          Look up
        </Button>
      </form>
      {lookUp.phase === 'found' && (
        <FoundImage
          key={lookUp.image}
          resolved={lookUp.resolved}
          registry={lookUp.registry}
          insecure={isInsecure(lookUp.registry)}
          onOpen={openImage}
          onClose={onClose}
        />
      )}
      {isSignIn && (
        <SignInForm
          key={lookUp.registry}
          registry={lookUp.registry}
          insecure={isInsecure(lookUp.registry)}
          reason={lookUp.report.message}
          onSignedIn={() => {
            void queries.invalidateQueries({ queryKey: namesKey })
            again()
          }}
          onClose={onClose}
        />
      )}
      {!isFound && !isSignIn && (
        <>
          <div className={styles['body']}>
            <Between
              lookUp={lookUp}
              onAgain={again}
              onTrust={trust}
              onEdit={() => box.current?.focus()}
              isInsecure={isInsecure}
              onTake={(text) => {
                setText(text)
                start(text, isInsecure)
              }}
            />
          </div>
          <footer className={styles['foot']}>
            <span className={styles['space']} />
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button disabled>Open</Button>
          </footer>
        </>
      )}
      <Said text={wordsOf(lookUp)} />
    </div>
  )
}

interface BetweenProps {
  readonly lookUp: LookUp
  readonly onAgain: () => void
  readonly onTrust: (registry: string) => void
  readonly onEdit: () => void
  readonly isInsecure: (registry: string) => boolean
  readonly onTake: (text: string) => void
}

/** Before something is found: how it is done, that it is under way, or what went wrong. */
function Between(props: BetweenProps): JSX.Element {
  const { lookUp, onAgain, onTrust, onEdit, isInsecure, onTake } = props
  switch (lookUp.phase) {
    case 'asking':
      return <EmptyState title={`Asking ${visible(lookUp.registry)}`} />
    case 'failed':
      return (
        <FailedLookUp
          key={lookUp.image}
          image={lookUp.image}
          registry={lookUp.registry}
          insecure={isInsecure(lookUp.registry)}
          onTake={onTake}
          report={lookUp.report}
          onAgain={onAgain}
          onTrust={() => onTrust(lookUp.registry)}
          onEdit={onEdit}
        />
      )
    case 'idle':
    case 'wrong':
    case 'found':
      return (
        <dl className={styles['forms']}>
          <div>
            <dt className="mono">debian:12</dt>
            <dd>from Docker Hub</dd>
          </div>
          <div>
            <dt className="mono">registry.example.org/team/app:1.0</dt>
            <dd>from a registry of your own</dd>
          </div>
          <div>
            <dt className="mono">…/app@sha256:…</dt>
            <dd>one image exactly, whatever its tags say</dd>
          </div>
        </dl>
      )
  }
}

/** What a screen reader is told of it. */
function wordsOf(lookUp: LookUp): string {
  if (lookUp.phase === 'asking') return `Looking up ${visible(familiarName(lookUp.image))}`
  if (lookUp.phase !== 'found') return ''
  const { platforms } = lookUp.resolved
  return platforms.length === 1 ? 'Found' : `Found, ${platforms.length} platforms`
}

/** Puts a registry first among those used; that it could not be written down is no reason to bother anybody. */
function useRemember(): (used: Settings['registries'][number]) => void {
  const client = useClient()
  const queries = useQueryClient()
  return (used) => {
    const settings = queries.getQueryData<Settings>(settingsKey)
    if (!settings) return
    const registries = withUsed(settings.registries, used)
    if (JSON.stringify(registries) === JSON.stringify(settings.registries)) return
    queries.setQueryData<Settings>(settingsKey, { ...settings, registries })
    client.settings.set({ registries }).catch(() => undefined)
  }
}
