import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import type { ParsedConfig } from '../../image/image-config.ts'

/** Annotations by which an image would tell a runtime what to do on the computer: hooks, devices, units, where to look for secrets. */
const ACTED_ON = [
  'run.oci.',
  'org.systemd.property.',
  'io.containerd.',
  'cdi.k8s.io/',
  'io.kubernetes.',
  'org.criu.',
  'io.katacontainers.',
  'dev.gvisor.',
]

const IMAGE = 'org.opencontainers.image.'

/**
 * image-spec conversion.md, "Annotations": what the config says in fields of its own, and its labels, which win. Labels that a runtime
 * acts on are left out, with a warning as it asks for, unless `allLabels`.
 */
export function specAnnotations(
  image: ParsedConfig,
  reference: string | undefined,
  allLabels: boolean,
): { annotations: Record<string, string>; warnings: Warning[] } {
  const labels = Object.entries(image.config.Labels ?? {})
  // A key must not be empty (runtime-spec config.md, "Annotations").
  const isLeftOut = (key: string): boolean => key === '' || (!allLabels && isActedOn(key))
  const kept = labels.filter(([key]) => !isLeftOut(key))
  return {
    annotations: Object.fromEntries([...computed(image, reference), ...kept]),
    warnings: warningsOf(labels.map(([key]) => key).filter(isLeftOut)),
  }
}

function computed(image: ParsedConfig, reference: string | undefined): [string, string][] {
  const { platform, config } = image
  const ports = Object.keys(config.ExposedPorts ?? {}).sort(byPort)
  const values: Record<string, string | null | undefined> = {
    os: platform.os,
    architecture: platform.architecture,
    variant: platform.variant,
    author: image.author,
    created: image.created,
    stopSignal: config.StopSignal,
    exposedPorts: ports.join(','),
    'ref.name': reference,
  }
  return Object.entries(values).flatMap(([key, value]) => (value ? [[`${IMAGE}${key}`, value]] : []))
}

/** 80/tcp before 443/tcp. */
function byPort(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : Number(a > b))
}

function isActedOn(key: string): boolean {
  return ACTED_ON.some((prefix) => key.startsWith(prefix))
}

function warningsOf(leftOut: readonly string[]): Warning[] {
  if (leftOut.length === 0) return []
  const message = 'Labels that a runtime would act on, or could not take, did not become annotations.'
  return [{ code: 'labels-left-out', message, detail: leftOut.map(visible).join('\n') }]
}
