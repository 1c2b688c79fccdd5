import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import type { JSX } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { RecentImage } from '../../shared/recent.ts'
import { familiarName } from '../../shared/reference.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { failureOf, useClient } from '../client.ts'
import { Bytes } from '../parts/bytes.tsx'
import { IconSearch, IconX } from '../parts/icons.ts'
import { TailText } from '../parts/path-text.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import { recentKey } from '../queries.ts'
import { noticeFailure } from '../shell/notices.tsx'
import { useShell } from '../store.ts'
import { SourcePlace } from '../source-place.tsx'
import { useOpen } from '../use-open.ts'
import styles from './home.module.css'

/** Images opened before, latest first. What is gone from its place stays listed, and says so. */
export function RecentList({ images }: { readonly images: readonly RecentImage[] }): JSX.Element {
  const searchAll = useShell((state) => state.searchAll)
  return (
    <section className={styles['recent']} aria-labelledby="recent-title">
      <div className={styles['headingLine']}>
        <h2 id="recent-title" className={styles['heading']}>
          Recent images
        </h2>
        <Button variant="subtle" size="compact-xs" leftSection={<IconSearch size={14} />} onClick={searchAll}>
          Search all images
        </Button>
      </div>
      <ul className={styles['list']}>
        {images.map((image) => (
          <RecentRow key={keyOfSource(image.source)} image={image} />
        ))}
      </ul>
    </section>
  )
}

function RecentRow({ image }: { readonly image: RecentImage }): JSX.Element {
  const open = useOpen()
  const client = useClient()
  const queries = useQueryClient()
  const title = visible(familiarName(image.title))

  const forget = async (): Promise<void> => {
    try {
      await client.images.forget({ source: image.source })
    } catch (error) {
      noticeFailure(title, failureOf(error))
    }
    await queries.invalidateQueries({ queryKey: recentKey })
  }

  return (
    <li className={styles['row']} data-missing={image.isMissing || undefined}>
      <button
        type="button"
        className={styles['open']}
        disabled={image.isMissing}
        aria-label={image.isMissing ? `${title}, missing` : `Open ${title}`}
        onClick={() => void open.image(image.source, [image.title])}
      >
        <span className={styles['name']}>
          <TailText text={familiarName(image.title)} />
        </span>
        <span className={styles['place']}>
          <SourcePlace source={image.source} />
        </span>
        {image.isMissing ? (
          <span className={styles['missing']} title="The file or folder is not there any more">
            missing
          </span>
        ) : (
          <span className="number">
            <Bytes value={image.size} />
          </span>
        )}
        <span className={`${styles['when']} number dim`}>
          <TimeAgo time={image.opened} />
        </span>
      </button>
      <Tooltip label="Remove from this list">
        <ActionIcon
          size={24}
          className={styles['forget']}
          aria-label={`Remove ${title} from this list`}
          onClick={() => void forget()}
        >
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
    </li>
  )
}
