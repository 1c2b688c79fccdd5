import { Button } from '@mantine/core'
import type { JSX, ReactNode } from 'react'
import type { Comparison } from '../../../shared/files.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { SourceSpec } from '../../../shared/uri.ts'
import { failureOf } from '../../client.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { counted } from '../../parts/format.ts'
import { LayerSwatch } from '../../parts/layer-swatch.tsx'
import { diffCounts } from './diff-lines.ts'
import { DiffView } from './diff-view.tsx'
import { MetadataChanges } from './metadata-changes.tsx'
import { useComparison, type VersionPair } from './use-viewed-file.ts'
import styles from './viewer.module.css'

interface ComparisonViewProps {
  readonly source: SourceSpec
  readonly path: PathBytes
  readonly pair: VersionPair
}

/** What changed in a file from one version to a later one: its lines, or where these cannot be told, sizes and digests. */
export function ComparisonView({ source, path, pair }: ComparisonViewProps): JSX.Element {
  const compared = useComparison(source, path, pair)
  const { before, after } = pair
  const hunks = compared.data?.hunks
  return (
    <section
      className={styles['comparison']}
      aria-label={`Changes from layer ${before} to layer ${after}`}
      aria-busy={compared.isPending}
    >
      <div className={styles['comparisonHead']}>
        <h3>
          <LayerSwatch index={before} /> Layer {before} → <LayerSwatch index={after} /> Layer {after}
        </h3>
        {hunks && hunks.length > 0 && <Counts hunks={hunks} />}
        <MetadataChanges source={source} path={path} pair={pair} />
      </div>
      {compared.isPending && (
        <p className={styles['comparisonWords']} role="status">
          Comparing both versions
        </p>
      )}
      {compared.isError && (
        <div className={styles['failure']}>
          <ErrorNote
            report={failureOf(compared.error)}
            action={
              <Button variant="default" size="compact-xs" onClick={() => void compared.refetch()}>
                Try again
              </Button>
            }
          />
        </div>
      )}
      {compared.data && <Difference comparison={compared.data} />}
    </section>
  )
}

function Counts({ hunks }: { readonly hunks: NonNullable<Comparison['hunks']> }): JSX.Element {
  const { added, removed } = diffCounts(hunks)
  return (
    <span className={styles['comparisonCounts']}>
      <span data-kind="added" title={`${counted(added, 'line')} added`}>
        +{added}
      </span>
      <span data-kind="removed" title={`${counted(removed, 'line')} removed`}>
        −{removed}
      </span>
    </span>
  )
}

function Difference({ comparison }: { readonly comparison: Comparison }): JSX.Element {
  const { before, after, hunks } = comparison
  if (hunks && hunks.length > 0) return <DiffView key={`${before.layer} ${after.layer}`} hunks={hunks} />
  return (
    <Sides comparison={comparison}>
      {isSame(comparison) ? <strong>No difference in content</strong> : whyNoLines(comparison)}
    </Sides>
  )
}

/** The engine compares so many bytes of text line by line (main/engine/compare-versions.ts). */
const MOST_COMPARED = 1024 * 1024

function whyNoLines({ before, after, hunks, isText }: Comparison): string {
  if (!isText) return 'Not text: there are no lines to compare.'
  if (hunks !== null) return 'The bytes differ, the text that they stand for does not.'
  return Math.max(before.size, after.size) > MOST_COMPARED
    ? 'More text than is compared line by line.'
    : 'More differences than can be told line by line.'
}

interface SidesProps {
  readonly comparison: Comparison
  readonly children: ReactNode
}

/** Size and digest of both versions. */
function Sides({ comparison, children }: SidesProps): JSX.Element {
  const { before, after } = comparison
  const isOne = isSame(comparison)
  return (
    <div className={styles['sides']}>
      <p>{children}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col" className="number">
              Size
            </th>
            <th scope="col">SHA-256</th>
          </tr>
        </thead>
        <tbody>
          {(isOne ? [after] : [before, after]).map(({ layer, size, sha256 }) => (
            <tr key={layer}>
              <th scope="row">{isOne ? 'Both' : `Layer ${layer}`}</th>
              <td className="number">
                <Bytes value={size} />
              </td>
              <td className={styles['sha']}>
                <span>
                  <span className="mono" title={sha256}>
                    {sha256.slice(0, SHORT)}
                  </span>
                  <CopyButton
                    value={sha256}
                    label={isOne ? 'Copy SHA-256' : `Copy SHA-256 of layer ${layer}`}
                  />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const SHORT = 12

function isSame({ before, after }: Comparison): boolean {
  return before.sha256 === after.sha256
}
