import { hexOf, type Digest } from '../../../shared/digest.ts'
import { sha256Of } from '../../image/hashing.ts'

/** moby's container.Config with nothing in it, as Go writes it (api/types/container/config.go). */
const EMPTY_CONFIG =
  '{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,' +
  '"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,' +
  '"OnBuild":null,"Labels":null}'

/** Minutes east of Greenwich, in quarters of an hour: every zone's clock of 1970 as Go would write it. */
const ZONES = Array.from({ length: (14 + 12) * 4 + 1 }, (_, i) => i * 15 - 12 * 60)

/**
 * Which layer an export of Docker 24 or earlier keeps under which v1 id. Such an id is a digest of the layer's chain and little else
 * (moby, image/tarexport/save.go and image/v1/imagev1.go: CreateID), so all are known before the first byte but the topmost one, which
 * covers the whole config: that one is told by its parent. The ids contain the start of 1970 in the engine's time zone, which nobody says.
 */
export class V1Ids {
  readonly #diffIDs: readonly Digest[]
  #ids: readonly string[]
  #isZoneFound = false
  #top: string | undefined

  constructor(diffIDs: readonly Digest[]) {
    this.#diffIDs = diffIDs
    this.#ids = idsOf(diffIDs, 0)
  }

  /** The layer of a v1 id (64 hex digits); undefined where it cannot be told. */
  find(id: string): Digest | undefined {
    if (id === this.#top) return this.#diffIDs.at(-1)
    const index = this.#indexOf(id)
    return index < 0 ? undefined : this.#diffIDs[index]
  }

  /** What the description beside a layer says: who is the parent of whom. */
  learn(id: string, parent: string | undefined): void {
    const below = parent === undefined ? -1 : this.#indexOf(parent)
    if (below === this.#diffIDs.length - 2) this.#top = id
  }

  /** -1 for an id that was not predicted. */
  #indexOf(id: string): number {
    let index = this.#ids.indexOf(id)
    if (index < 0 && !this.#isZoneFound && this.#ids.length > 0)
      for (const zone of ZONES) {
        const ids = idsOf(this.#diffIDs, zone)
        index = ids.indexOf(id)
        if (index < 0) continue
        this.#ids = ids
        break
      }
    this.#isZoneFound ||= index >= 0
    return index
  }
}

/** Of all layers but the topmost. */
function idsOf(diffIDs: readonly Digest[], zone: number): string[] {
  const ids: string[] = []
  const created = startOfTime(zone)
  let chain: string | undefined
  let parent: Digest | undefined
  for (const diffID of diffIDs.slice(0, -1)) {
    chain = chain === undefined ? diffID : sha256(`${chain} ${diffID}`)
    const above = parent === undefined ? '' : `,"parent":"${parent}"`
    parent = sha256(
      `{"container_config":${EMPTY_CONFIG},"created":"${created}","layer_id":"${chain}"${above}}`,
    )
    ids.push(hexOf(parent))
  }
  return ids
}

/** 1970 began then and there, as RFC 3339 has it. */
function startOfTime(zone: number): string {
  if (zone === 0) return '1970-01-01T00:00:00Z'
  const local = new Date(zone * 60_000).toISOString().slice(0, 19)
  const [hours, minutes] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60]
  const two = (count: number): string => String(count).padStart(2, '0')
  return `${local}${zone < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}

function sha256(text: string): Digest {
  return sha256Of(Buffer.from(text))
}
