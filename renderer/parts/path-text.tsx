import type { JSX } from 'react'
import { displayPath, visible, type PathBytes } from '../../shared/path-bytes.ts'
import { baseName } from './format.ts'
import styles from './parts.module.css'

/** A path inside an image: decoded, control characters and bidirectional marks made visible. The root is `/`. */
export function PathText({ path }: { readonly path: PathBytes }): JSX.Element {
  return <bdi className={styles['path']}>{path === '' ? '/' : visible(displayPath(path))}</bdi>
}

/** A path of the host on one line: the folder gives way first, so that the file's name can be read. All of it on hover. */
export function HostPath({ path }: { readonly path: string }): JSX.Element {
  return (
    <span className={styles['hostPath']}>
      <TailText text={path} />
    </span>
  )
}

/** A beginning of so few characters is not worth an ellipsis. */
const SHORT = 3

/** A text with slashes on one line, of which the last part matters most. All of it on hover. */
export function TailText({ text }: { readonly text: string }): JSX.Element {
  // The slash goes with the tail: what is cut off before it is seen to be a folder.
  const cut = text.lastIndexOf(baseName(text)) - 1
  const at = cut < SHORT ? 0 : cut
  return (
    <bdi className={styles['ends']} title={visible(text)}>
      {at > 0 && <span className={styles['head']}>{visible(text.slice(0, at))}</span>}
      <span className={styles['tail']}>{visible(text.slice(at))}</span>
    </bdi>
  )
}
