import type { JSX } from 'react'
import { shortDigest, type Digest as DigestText } from '../../shared/digest.ts'
import { CopyButton } from './copy-button.tsx'
import styles from './parts.module.css'

interface DigestProps {
  readonly digest: DigestText
  /** What it is a digest of, for the button's name: "image ID". */
  readonly name?: string
  readonly isCopyable?: boolean
}

/** Twelve digits of a digest, all of it on hover, and a button that copies all of it. */
export function Digest({ digest, name = 'digest', isCopyable = true }: DigestProps): JSX.Element {
  return (
    <span className={styles['digest']}>
      <span className="mono" title={digest}>
        {shortDigest(digest)}
      </span>
      {isCopyable && <CopyButton value={digest} label={`Copy ${name}`} />}
    </span>
  )
}
