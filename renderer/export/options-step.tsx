import { Checkbox, SegmentedControl, TextInput } from '@mantine/core'
import type { JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import { useHost } from '../host.ts'
import { BundleOptions } from './bundle-options.tsx'
import { Field } from './field.tsx'
import { referenceProblem, timestampProblem, type Draft } from './draft.ts'
import styles from './export.module.css'

interface OptionsStepProps {
  readonly draft: Draft
  readonly info: ImageInfo | undefined
  readonly onChange: (part: Partial<Draft>) => void
}

const compressions: readonly { value: Draft['compression']; label: string }[] = [
  { value: 'none', label: 'None' },
  { value: 'gzip', label: 'gzip' },
  { value: 'zstd', label: 'zstd' },
]

/** How the format is written, and what is changed on the way. */
export function OptionsStep({ draft, info, onChange }: OptionsStepProps): JSX.Element {
  return (
    <div className={styles['fields']}>
      {draft.format === 'oci' && <BundleOptions draft={draft} info={info} onChange={onChange} />}
      {draft.format !== 'oci' && (
        <TextInput
          label="Name and tag"
          placeholder={info?.references[0] ? familiarName(info.references[0]) : 'name:tag'}
          description={namesKept(info)}
          value={draft.reference}
          error={referenceProblem(draft.reference)}
          classNames={{ input: 'mono' }}
          data-autofocus
          spellCheck={false}
          onChange={(event) => onChange({ reference: event.currentTarget.value })}
        />
      )}
      {draft.format === 'tar' && (
        <Field label="Compression" note={compressionNote(draft.compression)}>
          <SegmentedControl
            aria-label="Compression"
            data={[...compressions]}
            value={draft.compression}
            transitionDuration={90}
            onChange={(value) => {
              const chosen = compressions.find((compression) => compression.value === value)
              if (chosen) onChange({ compression: chosen.value })
            }}
          />
        </Field>
      )}
      {draft.format === 'dir' && (
        <div className={styles['nested']}>
          <Checkbox
            label="A manifest for each image"
            description="Keeps several images apart in one folder. Without it the folder has one manifest.json, for the last image written."
            checked={draft.isUnique}
            onChange={(event) => onChange({ isUnique: event.currentTarget.checked })}
          />
          <Checkbox
            label="Also write the merged root filesystem"
            description={`All files as a container sees them, in ${draft.isUnique ? '<image ID>-rootfs' : 'rootfs'} beside the layers. Needs Linux.`}
            checked={draft.isExpanded}
            onChange={(event) => onChange({ isExpanded: event.currentTarget.checked })}
          />
        </div>
      )}
      {draft.format === 'mounts' && <MountOption draft={draft} onChange={onChange} />}
      <div className={styles['nested']}>
        <Checkbox
          label="Normalise timestamps"
          description="Every file gets the same time, so that equal trees give equal bytes. The image gets a new ID."
          checked={draft.isNormalised}
          onChange={(event) => onChange({ isNormalised: event.currentTarget.checked })}
        />
        {draft.isNormalised && (
          <TextInput
            className={styles['timestamp']}
            label="Timestamp"
            description={dateOf(draft.timestamp)}
            value={draft.timestamp}
            error={timestampProblem(draft.timestamp)}
            inputMode="numeric"
            onChange={(event) => onChange({ timestamp: event.currentTarget.value })}
          />
        )}
      </div>
    </div>
  )
}

/** A checkbox that says what to do instead where it cannot be had. */
function MountOption({ draft, onChange }: Pick<OptionsStepProps, 'draft' | 'onChange'>): JSX.Element {
  const { isRoot } = useHost().info
  return (
    <Checkbox
      label="Mount it when it is written"
      description={
        isRoot
          ? 'In its folder merged, by root. What is changed there is kept apart from the layers.'
          : 'Only root can. Without root the mount.sh that is written with the image does it: with fuse-overlayfs, or in a namespace of your own.'
      }
      checked={draft.isMounted}
      disabled={!isRoot}
      // What it says is worth reading all the same.
      classNames={isRoot ? {} : { label: styles['off'] ?? '' }}
      onChange={(event) => onChange({ isMounted: event.currentTarget.checked })}
    />
  )
}

function namesKept(info: ImageInfo | undefined): string {
  const names = info?.references ?? []
  if (names.length === 0) return 'The image has no name. Give it one to find it again by.'
  return `Left empty, it keeps ${visible(names.map(familiarName).join(', '))}.`
}

function compressionNote(compression: Draft['compression']): string {
  if (compression === 'none') return 'Fastest to write and to open; every tool reads it.'
  if (compression === 'gzip') return 'Smaller; every tool reads it.'
  return 'Smaller and faster than gzip; needs Docker 23 or Podman 4 to load.'
}

function dateOf(timestamp: string): string {
  if (timestampProblem(timestamp) !== null) return 'Seconds since 1970'
  const date = new Date(Number(timestamp.trim()) * 1000)
  return Number.isNaN(date.getTime()) ? 'Seconds since 1970' : date.toISOString().replace('.000', '')
}
