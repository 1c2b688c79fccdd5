import { isDamage } from '../../image/damage.ts'
import { statSync } from 'node:fs'
import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'
import type { Task } from '../../image/element.ts'
import { notAnImageFolder, notAnImageTar } from './content-words.ts'
import { imageDirectory } from './image-directory.ts'
import { dockerArchive } from './docker-archive.ts'
import { ImageFolder } from './image-files.ts'
import type { InputContext } from '../input-context.ts'
import { legacyArchive } from './legacy-tarfile.ts'
import { ociLayout } from './oci-layout.ts'
import type { StoredImages } from './stored-image.ts'
import { TarArchive } from './tar-archive.ts'

/** What a file or folder holds, recognised by its content and never by its name. */
export async function openStoredImages(
  path: string,
  context: InputContext,
  task: Task,
): Promise<StoredImages> {
  return statSync(path).isDirectory() ? openFolder(path) : openTarball(path, context, task)
}

/** A layout says what it is; any other folder with a manifest or a catalog may be a directory of images. */
async function openFolder(path: string): Promise<StoredImages> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(new ImageFolder(path))
  const stored = imagesInFolder(folder)
  stack.move()
  return stored
}

function imagesInFolder(folder: ImageFolder): StoredImages {
  if (folder.find('oci-layout')) return ociLayout(folder, 'layout')
  if (folder.find('catalog.json') ?? folder.find('manifest.json')) return imageDirectory(folder)
  throw notAnImageFolder(folder.path)
}

async function openTarball(path: string, context: InputContext, task: Task): Promise<StoredImages> {
  for (;;) {
    await using stack = new AsyncDisposableStack()
    const archive = stack.use(await TarArchive.open(path, context, task))
    try {
      const stored = imagesInArchive(archive, context)
      stack.move()
      return { ...stored, discardCopy: () => archive.discardCopy() }
    } catch (error) {
      if (!isDamage(error) || !(await archive.discardCopy())) throw error
    }
  }
}

/**
 * Docker 25 and later write an OCI layout and a manifest.json over the same blobs: the latter has the names as docker load will give
 * them, so it comes first. `repositories` alone is what engines before 1.10 wrote; beside a config it is a later archive cut short,
 * whose image is another than the one that could be made of its v1 descriptions.
 */
function imagesInArchive(archive: TarArchive, context: InputContext): StoredImages {
  if (archive.has('manifest.json')) return dockerArchive(archive)
  if (archive.has('index.json') && archive.has('oci-layout')) return ociLayout(archive, 'tar')
  const hasConfig = archive.some((name) => /^[0-9a-f]{64}\.json$/.test(name))
  if (archive.has('repositories') && !hasConfig) return legacyArchive(archive, context.index)
  if (hasConfig || archive.some((name) => /^blobs\/sha256\/|^[0-9a-f]{64}(?:\.tar|\/layer\.tar)$/.test(name)))
    throw new ImageError(
      'truncated',
      `${visible(archive.path)} has parts of an image, but no manifest.json or index.json to say what they make.`,
      { remedy: 'The file is incomplete; save the image again.' },
    )
  throw notAnImageTar(archive.path)
}
