import { ActionIcon, Button, Tooltip } from '@mantine/core'
import type { JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { Settings } from '../../shared/settings.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { IconX } from '../parts/icons.ts'
import { HostPath } from '../parts/path-text.tsx'
import { noticeDone, noticeFailure } from '../shell/notices.tsx'
import { Row } from './row.tsx'
import { useChange } from './use-change.ts'

/** Registries used before: what was trusted is taken back here, and what was kept is forgotten. */
export function RegistryRows({ settings }: { readonly settings: Settings }): JSX.Element {
  const client = useClient()
  const change = useChange()
  const { registries } = settings

  const signOut = async (registry: string): Promise<void> => {
    try {
      await client.registries.signOut({ registry })
      noticeDone(`sign-out ${registry}`, `Signed out of ${visible(registry)}`)
    } catch (error) {
      noticeFailure(`Sign out of ${visible(registry)}`, failureOf(error))
    }
  }

  if (registries.length === 0) return <Row label={<span className="dim">None used yet</span>}>{null}</Row>
  return (
    <>
      {registries.map((registry) => {
        const name = visible(registry.name)
        return (
          <Row
            key={registry.name}
            label={<bdi className="mono">{name}</bdi>}
            {...(registry.insecure ? { note: 'Trusted without checking its certificate.' } : {})}
          >
            {registry.insecure && (
              <Button
                variant="default"
                aria-label={`Check the certificate of ${name} again`}
                onClick={() =>
                  change({
                    registries: registries.map((each) =>
                      each === registry ? { name: each.name, insecure: false } : each,
                    ),
                  })
                }
              >
                Check again
              </Button>
            )}
            <Button
              variant="default"
              aria-label={`Sign out of ${name}`}
              onClick={() => void signOut(registry.name)}
            >
              Sign out
            </Button>
            <Tooltip label="Remove from this list">
              <ActionIcon
                aria-label={`Remove ${name} from this list`}
                onClick={() => change({ registries: registries.filter((each) => each !== registry) })}
              >
                <IconX size={14} />
              </ActionIcon>
            </Tooltip>
          </Row>
        )
      })}
    </>
  )
}

/** A file of certificates for registries whose own nobody else vouches for. */
export function CertificateRow({ settings }: { readonly settings: Settings }): JSX.Element {
  const host = useHost()
  const change = useChange()
  const { caFile } = settings

  const choose = async (): Promise<void> => {
    try {
      const [path] = (await host.pickOpen({ folders: false, purpose: 'certificates' })) ?? []
      if (path !== undefined) change({ caFile: path })
    } catch (error) {
      noticeFailure('Certificates', failureOf(error))
    }
  }

  return (
    <Row label="Also trust" note="A PEM file of certificates, beside those that the system trusts.">
      {caFile === '' ? <span className="dim">None</span> : <HostPath path={caFile} />}
      <Button variant="default" aria-label="Choose a file of certificates" onClick={() => void choose()}>
        {caFile === '' ? 'Choose…' : 'Change…'}
      </Button>
      {caFile !== '' && (
        <Tooltip label="Trust the system’s alone">
          <ActionIcon
            aria-label="Trust the system’s certificates alone"
            onClick={() => change({ caFile: '' })}
          >
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      )}
    </Row>
  )
}
