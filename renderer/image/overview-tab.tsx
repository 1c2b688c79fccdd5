import { Button } from '@mantine/core'
import type { JSX, ReactNode } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { placeOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { isRemote } from '../names.ts'
import { Bytes } from '../parts/bytes.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Digest } from '../parts/digest.tsx'
import { counted } from '../parts/format.ts'
import { HostPath } from '../parts/path-text.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import { IconFolderSearch } from '../parts/icons.ts'
import { useEngines } from '../queries.ts'
import { engineName } from '../source-place.tsx'
import { useShell, type OpenImage } from '../store.ts'
import { ConfigFacts } from './config-facts.tsx'
import { Fact, Facts } from './facts.tsx'
import styles from './image.module.css'
import { chooseLayer } from './image-views.ts'
import { LayerStrip } from './layer-strip.tsx'
import { platformText } from './platform-text.ts'
import { WarningList } from './warning-list.tsx'

interface TabProps {
  readonly image: OpenImage
  readonly info: ImageInfo
}

/** What the image is, in words. */
export function OverviewTab({ image, info }: TabProps): JSX.Element {
  const setTab = useShell((state) => state.setTab)
  const showLayer = (layer: number): void => {
    chooseLayer(image.id, layer)
    setTab(image.id, 'layers')
  }
  return (
    <div className={styles['overview']}>
      {info.warnings.length > 0 && <WarningList warnings={info.warnings} />}
      <Section
        title="Size"
        action={
          <Button
            variant="default"
            leftSection={<IconFolderSearch size={14} />}
            onClick={() => setTab(image.id, 'files')}
          >
            Browse files
          </Button>
        }
      >
        <SizeSentence info={info} source={image.source} />
        <LayerStrip info={info} verb="Show" onChoose={showLayer} />
      </Section>
      <div className={styles['columns']}>
        <Section title="Identity">
          <Identity image={image} info={info} />
        </Section>
        <Section title="Configuration">
          <ConfigFacts config={info.config} />
        </Section>
      </div>
    </div>
  )
}

interface SectionProps {
  readonly title: string
  readonly action?: ReactNode
  readonly children: ReactNode
}

function Section({ title, action, children }: SectionProps): JSX.Element {
  return (
    <section className={styles['section']} aria-label={title}>
      <div className={styles['sectionHead']}>
        <h2>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  )
}

/** Which size is which: the three are often taken for one another. */
function SizeSentence({
  info,
  source,
}: {
  readonly info: ImageInfo
  readonly source: SourceSpec
}): JSX.Element {
  const { size, compressedSize, statedSize } = info
  const isStoredOtherwise = compressedSize !== null && compressedSize !== size
  return (
    <p className={styles['sentence']}>
      {counted(info.layers.length, 'layer')}
      {size !== null && (
        <>
          {' '}
          of <Bytes value={size} /> uncompressed
        </>
      )}
      {isStoredOtherwise && (
        <>
          {size === null ? ' of ' : ', '}
          <Bytes value={compressedSize} /> {storedWords(source)}
        </>
      )}
      {size === null && compressedSize === null && statedSize !== undefined && (
        <>
          {' '}
          of about <Bytes value={statedSize} />, as the engine says
        </>
      )}
      .
      {size === null &&
        (isRemote(source)
          ? ' They are fetched when their files are looked at, and their uncompressed size is known then.'
          : ' Their uncompressed size is known once they have been read.')}
    </p>
  )
}

/** Where so many bytes lie. */
function storedWords(source: SourceSpec): string {
  return source.kind === 'registry' ? 'as stored in the registry' : 'as stored'
}

function Identity({ image, info }: TabProps): JSX.Element {
  return (
    <Facts>
      <Fact name={info.references.length > 1 ? 'Names' : 'Name'}>
        {info.references.length === 0 ? (
          <span className="dim">none</span>
        ) : (
          <ul className={styles['plainList']}>
            {info.references.map((reference) => (
              <li key={reference}>
                <bdi className="mono">{visible(reference)}</bdi>
                <CopyButton value={reference} label="Copy name" />
              </li>
            ))}
          </ul>
        )}
      </Fact>
      <Fact name="Image ID">
        <Digest digest={info.imageID} name="image ID" />
      </Fact>
      {info.digest !== undefined && (
        <Fact name="Manifest digest">
          <Digest digest={info.digest} name="manifest digest" />
        </Fact>
      )}
      <Fact name="Platform">{platformText(info.platform)}</Fact>
      {info.created !== undefined && (
        <Fact name="Created">
          <TimeAgo time={info.created} />
        </Fact>
      )}
      {info.author !== undefined && info.author !== '' && <Fact name="Author">{visible(info.author)}</Fact>}
      <Fact name="Format">{info.format}</Fact>
      <PlaceFact source={image.source} />
    </Facts>
  )
}

/** Where it came from, in the words of that kind of place. */
function PlaceFact({ source }: { readonly source: SourceSpec }): JSX.Element {
  const engines = useEngines().data ?? []
  switch (source.kind) {
    case 'registry':
      return (
        <Fact name="Registry">
          <span className={styles['withCopy']}>
            <bdi className="mono">{visible(placeOfSource(source))}</bdi>
            <CopyButton value={placeOfSource(source)} label="Copy registry" />
          </span>
          {source.insecure && <span className={styles['unproved']}>its certificate is not checked</span>}
        </Fact>
      )
    case 'docker':
      return (
        <Fact name="Engine">
          <bdi>{visible(engineName(source.socket, engines))}</bdi>
          {source.socket !== undefined && (
            <span className={styles['withCopy']}>
              <HostPath path={source.socket} />
              <CopyButton value={source.socket} label="Copy address of the engine" />
            </span>
          )}
        </Fact>
      )
    case 'tar':
    case 'layout':
    case 'dir':
      return (
        <Fact name={source.kind === 'tar' ? 'File' : 'Folder'}>
          <span className={styles['withCopy']}>
            <HostPath path={source.path} />
            <CopyButton value={source.path} label="Copy path" />
          </span>
        </Fact>
      )
  }
}
