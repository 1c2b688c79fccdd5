import { ImageError } from '../../shared/errors.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { Task } from '../image/element.ts'
import { chooseImage } from './choose-image.ts'
import { notAnImageTar } from './content-words.ts'
import { dockerArchive } from './docker-archive.ts'
import type { InputContext } from './input-context.ts'
import { StoredInput } from './stored-input.ts'
import type { ImageShelf } from './stored-image.ts'
import { TarArchive } from './tar-archive.ts'

/** `tarfile.Image`: an image in a tarball of any kind, recognised by what the tarball holds. */
export class TarfileImage extends StoredInput {
  static async open(
    spec: Extract<SourceSpec, { kind: 'tar' }>,
    context: InputContext,
    task: Task,
  ): Promise<TarfileImage> {
    await using stack = new AsyncDisposableStack()
    const shelf = stack.use(await openTarball(spec.path, context, task))
    const input = new TarfileImage(shelf, await chooseImage(shelf, spec, task), context)
    stack.move()
    return input
  }
}

/** What a tarball holds, whichever kind it is. */
export async function openTarball(path: string, context: InputContext, task: Task): Promise<ImageShelf> {
  await using stack = new AsyncDisposableStack()
  const archive = stack.use(await TarArchive.open(path, context, task))
  const shelf = shelfOf(archive)
  stack.move()
  return shelf
}

/**
 * Docker 25 and later write an OCI layout and a manifest.json over the same blobs: the latter has the names as docker load will give
 * them, so it comes first. `repositories` alone is what engines before 1.10 wrote.
 */
function shelfOf(archive: TarArchive): ImageShelf {
  if (archive.has('manifest.json')) return dockerArchive(archive)
  if (archive.some((path) => /(?:^|\/)layer\.tar$|^blobs\/sha256\//.test(path)))
    throw new ImageError(
      'truncated',
      `${visible(archive.path)} has layers of an image, but no manifest.json or index.json to say whose.`,
      { remedy: 'The file is incomplete; save the image again.' },
    )
  throw notAnImageTar(archive.path)
}
