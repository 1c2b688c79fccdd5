import { ImageError } from '../../shared/errors.ts'
import { serve } from '../serve.ts'
import { DONE } from './failure.ts'
import type { Session } from './session.ts'

export async function serveWindow(
  session: Session,
  _args: readonly string[],
  options: { readonly port?: string; readonly open?: boolean },
): Promise<number> {
  const { cacheDir, tempDir, configDir } = session.workspace
  const serving = await serve({
    port: portOf(options.port),
    open: options.open,
    cacheDir,
    tempDir,
    configDir,
  })
  await serving.closed
  return DONE
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new ImageError('usage', `"${text}" is not a port.`, { remedy: 'Give a number up to 65535.' })
}
