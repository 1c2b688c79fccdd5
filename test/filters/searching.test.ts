import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FoundName } from '../../main/image/element.ts'
import type { DestinationSpec, FilterSpec } from '../../shared/uri.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { bundleAt, convert } from '../support/conversion.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const SEARCH = { kind: 'search', isRegex: false, isScriptFriendly: false } as const
const image = sampleImage()

/** What is found on the way to a destination, as `layer path`. */
async function found(
  context: TestContext,
  output: DestinationSpec,
  filters: readonly FilterSpec[],
  flavour: 'docker-24' | 'docker-25-gzip' = 'docker-24',
): Promise<string[]> {
  const path = context.path(`${flavour}.tar`)
  await writeDockerArchive(image, path, { flavour })
  const lines: string[] = []
  const task = Object.assign(testTask(), {
    found: ({ diffID, path: name }: FoundName) => {
      lines.push(`${image.layers.findIndex((layer) => layer.diffID === diffID)} ${name}`)
    },
  })
  await convert(context, { kind: 'tar', path }, output, { filters, task })
  return lines
}

function tar(path: string): DestinationSpec {
  return { kind: 'tar', path, compression: 'none', overwrite: true }
}

const MOTD = ['0 etc/motd', '1 etc/motd']

describe('a search on the way', () => {
  it.each(['docker-24', 'docker-25-gzip'] as const)(
    'tells names and changes nothing, from %s',
    async (flavour) => {
      await using context = await testContext()
      await found(context, tar(context.path('without.tar')), [], flavour)
      const filters = [{ ...SEARCH, pattern: 'motd' }]
      expect(await found(context, tar(context.path('with.tar')), filters, flavour)).toEqual(MOTD)
      expect(readFileSync(context.path('with.tar')).equals(readFileSync(context.path('without.tar')))).toBe(
        true,
      )
    },
  )

  it('hears of layers that the output has already', async () => {
    await using context = await testContext()
    const images: DestinationSpec = {
      kind: 'dir',
      path: context.path('images'),
      uniqueNames: true,
      expand: false,
    }
    const filters = [{ ...SEARCH, pattern: '^etc/mo', isRegex: true }]
    expect(await found(context, images, filters)).toEqual(MOTD)
    expect(await found(context, images, filters)).toEqual(MOTD)
  })

  it('goes along with trees and with other filters, whichever comes first', async () => {
    await using context = await testContext()
    const search = { ...SEARCH, pattern: 'motd' }
    expect(await found(context, bundleAt(context.path('bundle')), [search])).toEqual(MOTD)
    const times = { kind: 'normalize-timestamps', timestamp: 0 } as const
    expect(await found(context, tar(context.path('a.tar')), [search, times])).toEqual(MOTD)
    // Behind a filter that rewrites, layers have other names; what is in them has not.
    const behind = await found(context, tar(context.path('b.tar')), [times, search])
    expect(behind.map((line) => line.split(' ')[1])).toEqual(['etc/motd', 'etc/motd'])
  })

  it('refuses an expression that is none before anything is written', async () => {
    await using context = await testContext()
    const filters = [{ ...SEARCH, pattern: '(', isRegex: true }]
    await expect(found(context, tar(context.path('out.tar')), filters)).rejects.toMatchObject({
      code: 'usage',
    })
    expect(() => readFileSync(context.path('out.tar'))).toThrow('ENOENT')
  })
})
