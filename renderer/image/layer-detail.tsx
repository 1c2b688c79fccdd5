import { Button, Menu } from '@mantine/core'
import type { JSX } from 'react'
import { hexOf } from '../../shared/digest.ts'
import type { ImageInfo, LayerInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Digest } from '../parts/digest.tsx'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import { IconDownload, IconFolderSearch } from '../parts/icons.ts'
import { useShell, type OpenImage } from '../store.ts'
import { commandLines } from './command-text.ts'
import { Fact, Facts } from './facts.tsx'
import styles from './image.module.css'
import { setFilesView } from './image-views.ts'
import { layerCommand } from './layer-facts.ts'
import { useSave } from './use-save.ts'

interface LayerDetailProps {
  readonly image: OpenImage
  readonly info: ImageInfo
  readonly index: number
}

/** One layer in full: the whole command, its digests, and what can be done with it. */
export function LayerDetail({ image, info, index }: LayerDetailProps): JSX.Element | null {
  const setTab = useShell((state) => state.setTab)
  const layer = info.layers[index]
  if (layer === undefined) return null
  const command = layerCommand(info, index)
  const showFiles = (): void => {
    setFilesView(image.id, { tree: { layer: index, isMerged: false }, viewed: null })
    setTab(image.id, 'files')
  }
  return (
    <section className={styles['layerDetail']} aria-label={`Layer ${index}`}>
      <div className={styles['sectionHead']}>
        <h2 className={styles['layerNumber']}>
          <LayerSwatch index={index} />
          Layer {index}
        </h2>
        <div className={styles['actions']}>
          <SaveLayer image={image} layer={layer} />
          <Button variant="light" leftSection={<IconFolderSearch size={14} />} onClick={showFiles}>
            Show files of this layer
          </Button>
        </div>
      </div>
      {command !== undefined && command !== '' && (
        <div className={styles['command']}>
          <pre>{commandLines(command).join('\n')}</pre>
          <CopyButton value={command} label="Copy command" />
        </div>
      )}
      <Facts>
        <Fact name="diffID">
          <Digest digest={layer.diffID} name="diffID" />
        </Fact>
        {layer.digest !== undefined && layer.digest !== layer.diffID && (
          <Fact name="Digest as stored">
            <Digest digest={layer.digest} name="digest" />
          </Fact>
        )}
        <Fact name="Media type">
          <bdi className="mono">{visible(layer.mediaType)}</bdi>
        </Fact>
        {layer.created !== undefined && (
          <Fact name="Created">
            <TimeAgo time={layer.created} />
          </Fact>
        )}
      </Facts>
    </section>
  )
}

function SaveLayer({ image, layer }: { readonly image: OpenImage; readonly layer: LayerInfo }): JSX.Element {
  const saving = useSave(image.source)
  const name = `layer-${layer.index}-${hexOf(layer.diffID).slice(0, 12)}.tar`
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={14} />}>
          Save layer…
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saving.layer(layer.diffID, name, true)}>Uncompressed tar</Menu.Item>
        <Menu.Item
          onClick={() => saving.layer(layer.diffID, `${name}${storedSuffix(layer.mediaType)}`, false)}
        >
          As stored
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** What a layer's file is called by its media type (image-spec, media-types.md). */
function storedSuffix(mediaType: string): string {
  if (/[+.]gzip$/.test(mediaType)) return '.gz'
  if (/[+.]zstd$/.test(mediaType)) return '.zst'
  return ''
}
