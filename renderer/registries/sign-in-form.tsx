import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState, type JSX } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { Keep } from '../../shared/remote.ts'
import { failureOf, useClient } from '../client.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { IconLock } from '../parts/icons.ts'
import styles from './registries.module.css'

interface SignInFormProps {
  readonly registry: string
  readonly insecure: boolean
  /** What the registry said: that it wants to know who asks, or that this user may not. */
  readonly reason: string
  readonly onSignedIn: () => void
  readonly onClose: () => void
}

/** Who one is to a registry. A password goes there and nowhere else; here it is kept as the person says, never as plain text. */
export function SignInForm({
  registry,
  insecure,
  reason,
  onSignedIn,
  onClose,
}: SignInFormProps): JSX.Element {
  const client = useClient()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [chosen, setChosen] = useState<Keep | null>(null)
  const [isTrying, setTrying] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const [failure, setFailure] = useState<ErrorReport | null>(null)
  const passwordBox = useRef<HTMLInputElement>(null)
  const keeping = useQuery({
    queryKey: ['keeping', registry],
    queryFn: ({ signal }) => client.registries.keeping({ registry }, { signal }),
    staleTime: 0,
  })
  const keeps = keeping.data?.keeps ?? []
  const keep = chosen ?? keeps[0] ?? 'session'
  const isWhole = username.trim() !== '' && password !== ''

  const signIn = async (): Promise<void> => {
    setTrying(true)
    setRefusal(null)
    setFailure(null)
    try {
      await client.registries.signIn({ registry, username: username.trim(), password, keep, insecure })
      onSignedIn()
    } catch (error) {
      const report = failureOf(error)
      setTrying(false)
      if (report.code !== 'sign-in') return setFailure(report)
      setRefusal(report.message)
      setPassword('')
      // After the box is drawn enabled again.
      requestAnimationFrame(() => passwordBox.current?.focus())
    }
  }

  return (
    <form
      className={styles['signIn']}
      aria-label={`Sign in to ${visible(registry)}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (isWhole && !isTrying) void signIn()
      }}
    >
      <div className={styles['body']}>
        <div className={styles['signInFields']}>
          <header>
            <h3>
              <IconLock size={16} />
              Sign in to <bdi className="mono">{visible(registry)}</bdi>
            </h3>
            <p className="dim">{visible(reason)}</p>
          </header>
          <TextInput
            label="User"
            value={username}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            autoFocus
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
          <PasswordInput
            ref={passwordBox}
            size="xs"
            label="Password or token"
            value={password}
            error={refusal === null ? null : visible(refusal)}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
            onChange={(event) => {
              setPassword(event.currentTarget.value)
              setRefusal(null)
            }}
          />
          <Keeping keeps={keeps} helper={keeping.data?.helper ?? null} keep={keep} onKeep={setChosen} />
          {failure && <ErrorNote report={failure} />}
        </div>
      </div>
      <footer className={styles['foot']}>
        <span className={styles['space']} />
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!isWhole} loading={isTrying}>
          Sign in
        </Button>
      </footer>
    </form>
  )
}

interface KeepingProps {
  readonly keeps: readonly Keep[]
  readonly helper: string | null
  readonly keep: Keep
  readonly onKeep: (keep: Keep) => void
}

/** How long, and by whom. */
function Keeping({ keeps, helper, keep, onKeep }: KeepingProps): JSX.Element {
  const words: Readonly<Record<Keep, string>> = {
    session: 'Only while Occystrap runs',
    helper: helper === null ? 'With the credential helper' : `With the credential helper ${visible(helper)}`,
    system: 'Encrypted on this computer',
  }
  if (keeps.length < 2)
    return <p className="dim">Kept: {words[keep].toLowerCase().replace('occystrap', 'Occystrap')}.</p>
  return (
    <fieldset className={styles['keeping']}>
      <legend>Keep it</legend>
      {keeps.map((each) => (
        <label key={each}>
          <input type="radio" name="keep" checked={each === keep} onChange={() => onKeep(each)} />
          {words[each]}
        </label>
      ))}
    </fieldset>
  )
}
