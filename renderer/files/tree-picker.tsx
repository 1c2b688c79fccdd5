import { Combobox, InputBase, useCombobox } from '@mantine/core'
import type { JSX } from 'react'
import type { Tree } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { commandText } from '../image/command-text.ts'
import { layerCommand } from '../image/layer-facts.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import styles from './files.module.css'

interface TreePickerProps {
  readonly info: ImageInfo
  readonly tree: Tree
  readonly onChange: (tree: Tree) => void
}

/** Options of each kind that are drawn; an image of more layers than this is chosen from in the Layers tab. */
const MOST_OPTIONS = 256

/** Which tree: the whole image, all up to a layer, or one layer alone. */
export function TreePicker({ info, tree, onChange }: TreePickerProps): JSX.Element {
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const layers = info.layers.slice(0, MOST_OPTIONS)
  const option = (layer: number, isMerged: boolean): JSX.Element => (
    <Combobox.Option
      key={`${layer} ${isMerged}`}
      value={`${isMerged ? 'upto' : 'only'} ${layer}`}
      active={tree.layer === layer && tree.isMerged === isMerged}
    >
      <span className={styles['treeOption']}>
        <LayerSwatch index={layer} />
        <span className={styles['treeName']}>
          {isMerged ? `Up to layer ${layer}` : `Only layer ${layer}`}
        </span>
        <span className="mono dim truncate">{commandText(layerCommand(info, layer))}</span>
      </span>
    </Combobox.Option>
  )
  return (
    <Combobox
      store={combobox}
      width={420}
      position="bottom-start"
      onOptionSubmit={(value) => {
        onChange(treeOfValue(value))
        combobox.closeDropdown()
      }}
    >
      <Combobox.Target>
        <InputBase
          component="button"
          type="button"
          pointer
          size="xs"
          className={styles['treePicker'] ?? ''}
          aria-label={`Layers shown: ${treeName(tree)}`}
          rightSection={<Combobox.Chevron />}
          rightSectionPointerEvents="none"
          leftSection={tree.layer === undefined ? undefined : <LayerSwatch index={tree.layer} />}
          onClick={() => combobox.toggleDropdown()}
        >
          {treeName(tree)}
        </InputBase>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options mah={420} style={{ overflowY: 'auto' }}>
          <Combobox.Option value="all" active={tree.layer === undefined}>
            <span className={styles['treeOption']}>
              <span className={styles['treeName']}>All layers</span>
              <span className="dim truncate">changes since layer 0, with all deletions</span>
            </span>
          </Combobox.Option>
          <Combobox.Group label="Merged up to a layer, marked with what that layer changed">
            {layers.map(({ index }) => option(index, true))}
          </Combobox.Group>
          <Combobox.Group label="What one layer changed, alone">
            {layers.map(({ index }) => option(index, false))}
          </Combobox.Group>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}

export function treeName({ layer, isMerged }: Tree): string {
  if (layer === undefined) return 'All layers'
  return isMerged ? `Up to layer ${layer}` : `Only layer ${layer}`
}

/** What the signs of the tree's rows tell. */
export function marksOf({ layer }: Tree): string {
  return layer === undefined
    ? 'Signs: changes since layer 0, and what any layer deleted'
    : `Signs: what layer ${layer} changed`
}

function treeOfValue(value: string): Tree {
  const [kind, layer] = value.split(' ')
  return kind === 'all' || layer === undefined
    ? { isMerged: true }
    : { layer: Number(layer), isMerged: kind === 'upto' }
}
