import type { CSSProperties, JSX } from 'react'
import { layerColour } from '../layer-colour.ts'
import styles from './parts.module.css'

/** The colour of a layer. It never stands alone: the layer's number or name is beside it. */
export function LayerSwatch({ index }: { readonly index: number }): JSX.Element {
  return (
    <span
      className={styles['swatch']}
      style={{ '--layer': layerColour(index) } as CSSProperties}
      aria-hidden="true"
    />
  )
}
