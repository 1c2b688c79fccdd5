import { DONE } from './failure.ts'
import { openListed, typedLayer, typedPath } from './opened.ts'
import type { Session } from './session.ts'

export async function cat(
  session: Session,
  [source = '', path = '']: readonly string[],
  options: { readonly layer?: string },
): Promise<number> {
  await using image = await openListed(session, await session.source(source))
  const layer = typedLayer(options.layer, image)
  const tree = layer === undefined ? { isMerged: true } : { isMerged: false, layer }
  const content = await image.content(tree, typedPath(path), session.task)
  const whole = { offset: 0, length: content.size }
  for await (const chunk of image.readContent(content, whole, session.task)) await session.output.bytes(chunk)
  return DONE
}
