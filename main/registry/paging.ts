import { z } from 'zod'
import type { NamesPage } from '../../shared/remote.ts'
import { DOCUMENT_LIMIT, parseDocument } from '../image/documents.ts'
import type { RegistryClient } from './registry-client.ts'

/** More than anybody scrolls through. */
const MOST_NAMES = 10_000
/** Registries that give few names a page are asked so often at the most. */
const MOST_PAGES = 50
const PAGE_SIZE = 1000

/** A list of names page by page (distribution-spec, listing tags; distribution, catalog). */
export async function fetchNames(
  client: RegistryClient,
  list: {
    readonly path: string
    readonly key: 'tags' | 'repositories'
    readonly scope: string
    readonly what: string
  },
  signal: AbortSignal,
): Promise<NamesPage> {
  const schema = z.object({ [list.key]: z.array(z.string().max(256)).nullish() })
  const names = new Set<string>()
  let path: string | undefined = `${list.path}?n=${PAGE_SIZE}`
  for (let page = 0; path !== undefined; page++) {
    if (page === MOST_PAGES || names.size >= MOST_NAMES) break
    const { bytes, answer } = await client.document({ ...list, path, limit: DOCUMENT_LIMIT }, signal)
    const found: Readonly<Record<string, string[] | null | undefined>> = parseDocument(
      bytes,
      schema,
      `The list of ${list.what}`,
    )
    const before = names.size
    for (const name of found[list.key] ?? []) names.add(name)
    path = nextOf([answer.headers['link'] ?? []].flat().join(', '), answer.url)
    // A page that adds nothing leads round in a circle.
    if (names.size === before) break
  }
  return {
    names: [...names].slice(0, MOST_NAMES),
    isTruncated: path !== undefined || names.size > MOST_NAMES,
  }
}

/** The next page's address (RFC 8288), which may be relative to this one's. */
function nextOf(link: string, base: URL): string | undefined {
  const target = /<([^<>]+)>\s*;[^,]*\brel="?next\b/i.exec(link)?.[1]
  return target !== undefined && URL.canParse(target, base.href) ? new URL(target, base).href : undefined
}
