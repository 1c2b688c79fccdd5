import type { JSX } from 'react'
import { visible } from '../shared/path-bytes.ts'
import { formatPlatform, normalPlatform } from '../shared/platform.ts'
import type { EngineInfo } from '../shared/remote.ts'
import { placeOfSource } from '../shared/source-name.ts'
import { pathOfSource } from '../shared/source-name.ts'
import type { SourceSpec } from '../shared/uri.ts'
import { HostPath } from './parts/path-text.tsx'
import { useEngines } from './queries.ts'

/** Where an image is, for a line of its own: the path of its file, its registry, or its engine; and the platform that was chosen. */
export function SourcePlace({ source }: { readonly source: SourceSpec }): JSX.Element {
  const path = pathOfSource(source)
  return path === undefined ? <RemotePlace source={source} /> : <HostPath path={path} />
}

function RemotePlace({ source }: { readonly source: SourceSpec }): JSX.Element {
  const engines = useEngines().data ?? []
  return (
    <bdi className="truncate" title={visible(placeOfSource(source))}>
      {placeText(source, engines)}
    </bdi>
  )
}

/** The same as text, safe to show: for tooltips and lists. */
export function placeText(source: SourceSpec, engines: readonly EngineInfo[]): string {
  const place = source.kind === 'docker' ? engineName(source.socket, engines) : placeOfSource(source)
  const platform = 'platform' in source && source.platform ? platformOf(source.platform) : undefined
  return visible([place, platform].filter(Boolean).join(' · '))
}

/** What people call the engine behind a socket; the socket itself where no engine of that kind was found. */
export function engineName(socket: string | undefined, engines: readonly EngineInfo[]): string {
  const engine = engines.find((engine) =>
    socket === undefined ? engine.isDefault : engine.socket === socket,
  )
  return engine?.name ?? socket ?? 'the default engine'
}

function platformOf(platform: Parameters<typeof normalPlatform>[0]): string {
  return formatPlatform(normalPlatform(platform))
}
