import type { ImageOutput, TarEntry, Task } from '../image/element.ts'
import { isObject, type JsonObject } from './reissue-config.ts'
import { RewriteFilter } from './rewrite.ts'

/**
 * Every time in the image becomes `timestamp` (whole seconds since 1970): entries' mtimes, and `created` of the config and of each step of
 * its history. What depends on the machine that packed a layer goes too: access and change times, names of owners (their
 * numbers stay), the tar dialect, holes in files, the order of attributes. So the same tree, packed in the same order, gives the same
 * bytes from anywhere.
 */
export class NormalizeTimestamps extends RewriteFilter {
  constructor(next: ImageOutput, timestamp: number, task: Task) {
    super(
      next,
      {
        entry: (entry) => normalEntry(entry, timestamp),
        config: (config) => normalConfig(config, timestamp),
      },
      task,
    )
  }
}

function normalEntry(entry: TarEntry, timestamp: number): TarEntry {
  const { uname: _uname, gname: _gname, ...rest } = entry
  return { ...rest, mtime: timestamp, mtimeNanoseconds: 0 }
}

function normalConfig(config: JsonObject, timestamp: number): JsonObject {
  // RFC 3339 without the fraction that toISOString adds.
  const created = new Date(timestamp * 1000).toISOString().replace('.000', '')
  const history = config['history']
  return {
    ...config,
    created,
    ...(Array.isArray(history) ? { history: history.map((step) => normalStep(step, created)) } : {}),
  }
}

/** A step that says no time gets none. */
function normalStep(step: unknown, created: string): unknown {
  return isObject(step) && step['created'] ? { ...step, created } : step
}
