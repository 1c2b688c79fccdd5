import type { Warning } from '../../../shared/image.ts'
import { visible, type PathBytes } from '../../../shared/path-bytes.ts'

/** What a host may be unable to hold of an image. */
export type LossKind = 'owner' | 'attribute' | 'device' | 'label'

/** Listed by name; more are counted. */
const MOST_LISTED = 1000

interface Lost {
  count: number
  readonly listed: string[]
}

/** Counts and lists what could not be kept. As data it crosses threads. */
export class Losses {
  readonly #lost = new Map<LossKind, Lost>()

  add(kind: LossKind, path: PathBytes, what = ''): void {
    this.#grow(kind, 1, [`${visible(path === '' ? '/' : path)}${what === '' ? '' : `: ${visible(what)}`}`])
  }

  /** What another has counted. */
  join(other: LossesData): void {
    for (const [kind, { count, listed }] of other) this.#grow(kind, count, listed)
  }

  get data(): LossesData {
    return [...this.#lost]
  }

  /** One warning a kind. `owner` says where owners are kept instead. */
  warnings(): Warning[] {
    return this.data.map(([kind, { count, listed }]) => ({
      code: `lost-${kind}`,
      message: WORDS[kind](count),
      detail: [...listed, ...(count > listed.length ? [`and ${count - listed.length} more`] : [])].join('\n'),
    }))
  }

  #grow(kind: LossKind, count: number, names: readonly string[]): void {
    const lost = this.#lost.get(kind) ?? { count: 0, listed: [] }
    this.#lost.set(kind, lost)
    lost.count += count
    lost.listed.push(...names.slice(0, MOST_LISTED - lost.listed.length))
  }
}

export type LossesData = readonly (readonly [
  kind: LossKind,
  lost: { readonly count: number; readonly listed: readonly string[] },
])[]

const WORDS: Readonly<Record<LossKind, (count: number) => string>> = {
  owner: (count) =>
    `${amount(count, 'file belongs', 'files belong')} to others than root in the image; without root all are yours, and their owners stand in the attribute user.rootlesscontainers where it can be set.`,
  attribute: (count) =>
    `${amount(count, 'extended attribute', 'extended attributes')} could not be set: they need root, or another file system.`,
  device: (count) => `${amount(count, 'device', 'devices')} could not be made without root.`,
  label: (count) =>
    `${amount(count, 'SELinux label was', 'SELinux labels were')} left out: they belong to the computer that runs the image.`,
}

function amount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
