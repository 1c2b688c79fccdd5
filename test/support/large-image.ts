import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Dockerd } from './daemons.ts'
import { realImages, TORTURE } from './real-images.ts'

/** The torture image with a layer of 300 MB more that does not compress, saved by Docker; kept beside the others. */
export async function largeImage(): Promise<string> {
  const { folder, dockerArchive } = await realImages()
  const path = join(folder, 'large.tar')
  if (existsSync(path)) return path
  const context = join(folder, 'large')
  await mkdir(context, { recursive: true })
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM ${TORTURE}\nUSER root\nRUN head -c 314572800 /dev/urandom > /srv/large.bin\n`,
  )
  await using engine = await Dockerd.start()
  await engine.docker('load', '--quiet', '--input', dockerArchive)
  await engine.docker('build', '--quiet', '--network', 'host', '--tag', 'large:1', context)
  await engine.docker('save', '--output', `${path}.partial`, 'large:1')
  await rm(context, { recursive: true })
  await rename(`${path}.partial`, path)
  return path
}
