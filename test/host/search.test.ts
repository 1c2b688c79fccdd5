import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from '../support/command.ts'
import { Dockerd, Podman } from '../support/daemons.ts'
import { describeWith } from '../support/needs.ts'
import { linesOf, Occystrap, pathKey, type FoundPath } from '../support/occystrap.ts'
import { skopeoCopy } from '../support/pushed-images.ts'
import { realImages, TORTURE, type RealImages } from '../support/real-images.ts'
import { Registry } from '../support/registries.ts'

const PYTHON = join(import.meta.dirname, '../support/search-by-python.py')

interface Query {
  readonly pattern: string
  readonly regex?: boolean
  readonly ignoreCase?: boolean
}

/** Of every kind: with and without wildcards, sets and slashes; expressions with and without a text that must occur. */
const GLOBS = [
  'passwd',
  'etc/passwd',
  '*.pem',
  '*.so.*',
  'usr/share/*',
  '*',
  '?',
  '??',
  '[a-c]*',
  '[!a-z]*',
  '*.[ch]',
  'lib*/*.so',
  '*/doc/*copyright',
  'etc/[p-s]*d',
  '[]x]*',
  '*[',
  'nothing-is-called-this',
  '*\u00e9*',
]
const EXPRESSIONS = [
  'ssl/.*\\.pem$',
  '^etc/',
  'lib(ssl|crypto|z)\\.so',
  '\\.py[co]?$',
  '[0-9]{3,}',
  '^[^/]+$',
  '(^|/)\\.',
  'a.c',
  '\\bdoc\\b',
  '^usr/bin/[a-z]{2}$',
  '.*',
]
const QUERIES: readonly Query[] = [
  ...GLOBS.map((pattern) => ({ pattern })),
  ...['PASSWD', '*README*', 'ETC/*', '[A-C]*'].map((pattern) => ({ pattern, ignoreCase: true })),
  ...EXPRESSIONS.map((pattern) => ({ pattern, regex: true })),
  ...['^ETC/', 'Copyright$', 'READ\\.?ME'].map((pattern) => ({ pattern, regex: true, ignoreCase: true })),
]

describeWith(
  {
    tools: ['dockerd', 'docker', 'podman', 'docker-registry', 'skopeo', 'mmdebstrap', 'python3'],
    root: true,
  },
  'names are found as fnmatch and re find them',
  () => {
    let images: RealImages
    let occystrap: Occystrap
    let expected: readonly (readonly (readonly [layer: number, path: string])[])[]
    const sources: Record<string, string> = {}
    const servers = new AsyncDisposableStack()

    beforeAll(async () => {
      images = await realImages()
      occystrap = servers.use(await Occystrap.make())
      const registry = servers.use(await Registry.start())
      const docker = servers.use(await Dockerd.start())
      const podman = servers.use(await Podman.start())
      await skopeoCopy(
        registry,
        `docker-archive:${images.dockerArchive}`,
        `docker://${registry.host}/torture:1`,
      )
      await docker.docker('load', '--quiet', '--input', images.dockerArchive)
      await podman.podman('load', '--quiet', '--input', images.dockerArchive)
      Object.assign(sources, {
        tarball: `tar://${images.dockerArchive}`,
        layout: `layout://${images.layout}`,
        registry: `registry://${registry.host}/torture:1`,
        docker: `docker://${TORTURE}?socket=${docker.socket}`,
        podman: `docker://${TORTURE}?socket=${podman.socket}`,
      })
      const answers = await command('python3', [PYTHON, images.dockerArchive], {
        input: JSON.stringify(QUERIES),
      })
      expected = linesOf(answers)
    })

    afterAll(() => servers[Symbol.asyncDispose]())

    test('and some of these questions have many answers', () => {
      expect(expected).toHaveLength(QUERIES.length)
      expect(expected.filter((found) => found.length > 100).length).toBeGreaterThan(5)
    })

    describe.each(['tarball', 'layout', 'registry', 'docker', 'podman'])('in an image of a %s', (kind) => {
      test.each(QUERIES.map((query, i) => [i, JSON.stringify(query)] as const))('%i: %s', async (i) => {
        const { pattern, regex, ignoreCase } = QUERIES[i]!
        const flags = [...(regex ? ['--regex'] : []), ...(ignoreCase ? ['--ignore-case'] : [])]
        const { stdout, status, stderr } = await occystrap.attempt(
          'search',
          '--json',
          ...flags,
          sources[kind]!,
          pattern,
        )
        expect(stderr).toBe('')
        const found = linesOf<FoundPath>(stdout.toString()).map((hit) => [hit.layerIndex, pathKey(hit)])
        expect(found).toEqual(expected[i])
        expect(status).toBe(expected[i]!.length > 0 ? 0 : 1)
      })
    })
  },
)
