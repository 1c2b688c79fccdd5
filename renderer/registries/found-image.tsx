import { Button } from '@mantine/core'
import { useEffect, useRef, useState, type JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import { formatPlatform } from '../../shared/platform.ts'
import type { RemotePlatform, Resolved } from '../../shared/remote.ts'
import { Fact, Facts } from '../image/facts.tsx'
import { Bytes } from '../parts/bytes.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Digest } from '../parts/digest.tsx'
import { counted } from '../parts/format.ts'
import styles from './registries.module.css'

interface FoundImageProps {
  readonly resolved: Resolved
  readonly registry: string
  readonly insecure: boolean
  /** With the platform that was chosen; none where there was no choice. */
  readonly onOpen: (platform?: RemotePlatform['platform']) => void
  readonly onClose: () => void
}

/** What a reference leads to, before anything large is moved: its digest, and its platforms to choose from. */
export function FoundImage({ resolved, registry, insecure, onOpen, onClose }: FoundImageProps): JSX.Element {
  const { platforms, attestations } = resolved
  const [chosen, setChosen] = useState(
    () => (platforms.find((platform) => platform.isDefault) ?? platforms[0])?.digest,
  )
  const [only, second] = platforms
  const isChoice = second !== undefined
  return (
    <form
      className={styles['found']}
      onSubmit={(event) => {
        event.preventDefault()
        const platform = platforms.find((platform) => platform.digest === chosen)
        onOpen(isChoice ? platform?.platform : undefined)
      }}
    >
      <div className={styles['body']}>
        <Facts>
          <Fact name="Reference">
            <span className={styles['reference']}>
              <bdi className="mono">{visible(resolved.reference)}</bdi>
              <CopyButton value={resolved.reference} label="Copy reference" />
            </span>
          </Fact>
          <Fact name="Digest">
            <Digest digest={resolved.digest} />
          </Fact>
          {only && !isChoice && (
            <>
              <Fact name="Platform">{visible(formatPlatform(only.platform))}</Fact>
              <Fact name="To fetch">
                <span>
                  <Bytes value={only.size} />
                  {only.layers !== null && `, ${counted(only.layers, 'layer')}`}
                </span>
              </Fact>
            </>
          )}
        </Facts>
        {isChoice && <Platforms platforms={platforms} chosen={chosen} onChoose={setChosen} />}
        {only === undefined && <p className="dim">It names no image that could be opened.</p>}
        <p className={styles['quiet']}>
          {attestations > 0 &&
            `${counted(attestations, 'attestation')} about how it was built ${attestations === 1 ? 'is' : 'are'} set aside. `}
          {insecure && `The certificate of ${visible(registry)} is not checked.`}
        </p>
      </div>
      <footer className={styles['foot']}>
        <span className="dim">Layers are fetched when their files are looked at.</span>
        <span className={styles['space']} />
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={only === undefined}>
          Open
        </Button>
      </footer>
    </form>
  )
}

interface PlatformsProps {
  readonly platforms: readonly RemotePlatform[]
  readonly chosen: RemotePlatform['digest'] | undefined
  readonly onChoose: (digest: RemotePlatform['digest']) => void
}

function Platforms({ platforms, chosen, onChoose }: PlatformsProps): JSX.Element {
  const first = useRef<HTMLInputElement>(null)
  // The choice is what comes next: the keyboard goes there by itself, and Enter takes the default.
  useEffect(() => first.current?.focus(), [])
  return (
    <fieldset className={styles['platforms']}>
      <legend className="hidden">Platform</legend>
      <div className={styles['platformHead']} aria-hidden="true">
        <span />
        <span>Platform</span>
        <span className="number">To fetch</span>
        <span className="number">Layers</span>
        <span>Digest</span>
      </div>
      <div className={styles['platformList']}>
        {platforms.map(({ platform, digest, size, layers, isDefault }) => (
          <div key={digest} className={styles['platform']}>
            <label>
              <input
                ref={digest === chosen ? first : undefined}
                type="radio"
                name="platform"
                checked={digest === chosen}
                onChange={() => onChoose(digest)}
              />
              <span className="truncate">
                {visible(formatPlatform(platform))}
                {isDefault && <span className={styles['default']}>default</span>}
              </span>
              <span className="number">
                <Bytes value={size} />
              </span>
              <span className="number">{layers ?? <span className="dim">—</span>}</span>
            </label>
            <Digest digest={digest} />
          </div>
        ))}
      </div>
    </fieldset>
  )
}
