import { Button, Modal, NumberInput, SegmentedControl } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type JSX } from 'react'
import type { Settings } from '../../shared/settings.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { Bytes } from '../parts/bytes.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { formatBytes } from '../parts/format.ts'
import { HostPath } from '../parts/path-text.tsx'
import { cacheSizeKey, useSettings } from '../queries.ts'
import { KeyGroups } from '../shell/key-list.tsx'
import { noticeDone, noticeFailure } from '../shell/notices.tsx'
import { CertificateRow, RegistryRows } from './registry-rows.tsx'
import { Row, Section } from './row.tsx'
import styles from './settings.module.css'
import { useChange } from './use-change.ts'

const GB = 1e9

/** What can be set, and what this program is. Each change is kept at once. */
export function SettingsPage(): JSX.Element {
  const settings = useSettings()
  if (settings.isError) {
    return (
      <div className={styles['page']}>
        <ErrorNote report={failureOf(settings.error)} />
      </div>
    )
  }
  if (!settings.data) return <div className={styles['page']} aria-busy="true" />
  return (
    <div className={styles['page']}>
      <Section title="Appearance">
        <ThemeRow settings={settings.data} />
      </Section>
      <Section title="Layer cache">
        <CacheRows settings={settings.data} />
      </Section>
      <Section title="Registries">
        <RegistryRows settings={settings.data} />
      </Section>
      <Section title="Certificates">
        <CertificateRow settings={settings.data} />
      </Section>
      <Section title="Keys">
        <KeyGroups />
      </Section>
      <About />
    </div>
  )
}

function ThemeRow({ settings }: { readonly settings: Settings }): JSX.Element {
  const change = useChange()
  const themes: readonly { value: Settings['theme']; label: string }[] = [
    { value: 'system', label: 'As the system' },
    { value: 'light', label: 'Light' },
    { value: 'dark', label: 'Dark' },
  ]
  return (
    <Row label="Theme">
      <SegmentedControl
        aria-label="Theme"
        data={[...themes]}
        value={settings.theme}
        transitionDuration={90}
        onChange={(value) => {
          const theme = themes.find((theme) => theme.value === value)
          if (theme) change({ theme: theme.value })
        }}
      />
    </Row>
  )
}

function CacheRows({ settings }: { readonly settings: Settings }): JSX.Element {
  const client = useClient()
  const queries = useQueryClient()
  const { info } = useHost()
  const change = useChange()
  const [isAsking, setAsking] = useState(false)
  const size = useQuery({
    queryKey: cacheSizeKey,
    queryFn: ({ signal }) => client.settings.cacheSize(undefined, { signal }),
    staleTime: 0,
  })

  const clear = async (): Promise<void> => {
    setAsking(false)
    try {
      const { freed } = await client.settings.clearCache()
      noticeDone('cache', `Freed ${formatBytes(freed)}`)
    } catch (error) {
      noticeFailure('Clear the layer cache', failureOf(error))
    }
    await queries.invalidateQueries({ queryKey: cacheSizeKey })
  }

  return (
    <>
      <Row label="In use" note="Layers and listings kept so that an image opens at once the next time.">
        <Bytes value={size.data?.bytes ?? null} />
        <Button variant="default" disabled={size.data?.bytes === 0} onClick={() => setAsking(true)}>
          Clear…
        </Button>
      </Row>
      <Row label="Limit" note="What was used least recently goes first.">
        <NumberInput
          aria-label="Limit of the layer cache in GB"
          className={styles['limit']}
          suffix=" GB"
          min={0}
          max={100_000}
          decimalScale={1}
          hideControls
          defaultValue={settings.cacheLimit / GB}
          onBlur={(event) => {
            const limit = Number.parseFloat(event.currentTarget.value)
            if (Number.isFinite(limit)) change({ cacheLimit: Math.round(limit * GB) })
          }}
        />
      </Row>
      <Row label="Folder">
        <HostPath path={info.cacheDir} />
        <CopyButton value={info.cacheDir} label="Copy path" />
      </Row>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title="Clear the layer cache" size={400}>
        <p>Images are read again when they are next opened. Your own files are not touched.</p>
        <footer className={styles['foot']}>
          <Button variant="default" onClick={() => setAsking(false)}>
            Cancel
          </Button>
          <Button color="red" data-autofocus onClick={() => void clear()}>
            Clear {size.data ? formatBytes(size.data.bytes) : 'cache'}
          </Button>
        </footer>
      </Modal>
    </>
  )
}

function About(): JSX.Element {
  const { info } = useHost()
  const host = info.host === 'electron' ? 'Desktop application' : 'Served to this browser'
  return (
    <Section title="About">
      <Row label="Version">
        <span className="mono">{info.version}</span>
        <CopyButton
          value={`Occystrap ${info.version}, ${info.host}, ${info.platform}`}
          label="Copy version"
        />
      </Row>
      <Row label="Runs as">
        {host} <span className="dim">on {info.platform}</span>
      </Row>
    </Section>
  )
}
