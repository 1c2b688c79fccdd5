import { readFileSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, tryCommand, type CommandResult } from '../support/command.ts'
import { Dockerd } from '../support/daemons.ts'
import { buildImage, writeLayout } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap } from '../support/occystrap.ts'
import { realImages, TORTURE, type RealImages } from '../support/real-images.ts'
import { treeAt } from '../support/tree-at.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const TOOLS = [
  'bzip2',
  'crun',
  'docker',
  'dockerd',
  'mmdebstrap',
  'podman',
  'python3',
  'runc',
  'skopeo',
  'umoci',
  'xz',
  'zstd',
] as const
/** An ordinary user's ids; the name stands in a passwd of the test's own. */
const USER = 23_456
const USER_NAME = 'occystrap-test'
const RANGE = 300_000

/** What runs in the container to be compared: ids, folder, environment (without what a shell adds), and a status of its own. */
const PROBE = 'id; pwd; env | grep -v -e ^HOSTNAME= -e ^_= -e ^SHLVL= -e ^PWD= | sort; exit 7'

/** Where both versions of cgroups are mounted crun starts nothing: it is shown but one. */
const ONE_CGROUPS = '{ umount /sys/fs/cgroup/unified 2>/dev/null || true; }'

function withOneCgroups(program: string, args: readonly string[]): Promise<CommandResult> {
  return tryCommand('unshare', ['--mount', 'sh', '-c', `${ONE_CGROUPS}; exec "$0" "$@"`, program, ...args])
}

/** Runs the bundle with a state folder of its own, which goes with it. */
async function runBundle(
  runtime: 'runc' | 'crun',
  bundle: string,
  wrap: (program: string, args: readonly string[]) => Promise<CommandResult> = withOneCgroups,
): Promise<{ readonly status: number | null; readonly lines: string[]; readonly stderr: string }> {
  const args = ['--root', `${bundle}-${runtime}`, 'run', '--bundle', bundle, `test-${runtime}-${process.pid}`]
  const { status, stdout, stderr } = await wrap(runtime, args)
  return { status, lines: stdout.toString().trim().split('\n'), stderr }
}

describeWith({ tools: TOOLS, root: true }, 'a bundle of a real image', () => {
  let images: RealImages
  let occystrap: Occystrap
  beforeAll(async () => {
    images = await realImages()
    occystrap = await Occystrap.make()
  })
  afterAll(async () => {
    await occystrap?.[Symbol.asyncDispose]()
  })

  test('has the tree that umoci unpacks, in every attribute, whatever the archive and whatever is known of it', async () => {
    const umoci = occystrap.folder.at('umoci')
    await command('umoci', ['unpack', '--image', `${images.layout}:1.0`, umoci])
    const expected = await treeAt(join(umoci, 'rootfs'))
    expect(Object.keys(expected).length).toBeGreaterThan(3000)
    const cache = occystrap.folder.at('another-cache')
    for (const [name, source, ...options] of [
      ['plain', `tar://${images.dockerArchive}`],
      ['compressed', `layout://${images.layout}?ref=1.0`],
      ['compressed, of which nothing is known', `layout://${images.layout}?ref=1.0`, '--cache-dir', cache],
    ] as const) {
      const bundle = occystrap.folder.at(`tree-${name}`)
      await occystrap.run(...options, 'process', source, `oci://${bundle}`)
      expect(await treeAt(join(bundle, 'rootfs')), name).toEqual(expected)
      expect((await readdir(bundle)).sort()).toEqual(['config.json', 'rootfs', 'volumes'])
    }
    await rm(umoci, { recursive: true })
  })

  test('of 60 layers that undo each other has the tree that umoci unpacks', async () => {
    const layers = Array.from({ length: 60 }, (_, n) => [
      { path: 'd/', type: 'directory' as const, mode: 0o700 + (n % 8), mtime: n },
      { path: `d/only-${n}`, content: `${n}`, mtime: 1_600_000_000 + n, uid: n },
      { path: `d/shared-${n % 7}`, content: `${n}`.repeat(n) },
      ...(n > 2 ? [{ path: `d/.wh.only-${n - 3}` }] : []),
      { path: 'deep/', type: 'directory' as const, mtime: n },
      { path: `deep/${n % 5}/`, type: 'directory' as const },
      ...(n % 11 === 10 ? [{ path: `deep/${n % 5}/.wh..wh..opq` }] : []),
      { path: `deep/${n % 5}/file-${n}`, content: 'x', mode: 0o4755 },
      { path: `deep/${n % 5}/link-${n}`, type: 'link' as const, linkname: `deep/${n % 5}/file-${n}` },
      { path: `to-${n % 3}`, type: 'symlink' as const, linkname: `deep/${n % 5}` },
    ])
    const layout = occystrap.folder.at('sixty')
    await writeLayout(layout, buildImage({ layers, references: ['sixty:1'] }))
    const umoci = occystrap.folder.at('sixty-umoci')
    await command('umoci', ['unpack', '--image', `${layout}:1`, umoci])
    const bundle = occystrap.folder.at('sixty-bundle')
    await occystrap.run('process', `layout://${layout}`, `oci://${bundle}`)
    expect(await treeAt(join(bundle, 'rootfs'))).toEqual(await treeAt(join(umoci, 'rootfs')))
  })

  test('starts with runc and crun as docker runs it: ids, folder, environment, status', async () => {
    await using engine = await Dockerd.start()
    await engine.docker('load', '--input', images.dockerArchive)
    const docker = await tryCommand(
      'docker',
      ['run', '--rm', '--network', 'none', '--entrypoint', '/bin/sh', TORTURE, '-c', PROBE],
      { env: { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_CONFIG: occystrap.folder.at('docker') } },
    )
    expect(docker.status).toBe(7)
    const bundle = occystrap.folder.at('run')
    await occystrap.run(
      'process',
      `tar://${images.dockerArchive}`,
      `oci://${bundle}?arg=/bin/sh&arg=-c&arg=${encodeURIComponent(PROBE)}`,
    )
    for (const runtime of ['runc', 'crun'] as const) {
      const { status, lines, stderr } = await runBundle(runtime, bundle)
      expect.soft(lines, `${runtime}: ${stderr}`).toEqual(docker.stdout.toString().trim().split('\n'))
      expect.soft(status, runtime).toBe(7)
    }
  })

  test('on a read-only root keeps its volumes writable, which are seen beside it', async () => {
    const bundle = occystrap.folder.at('read-only')
    const probe = 'touch /srv/app/x 2>/dev/null; echo $?; touch /data/kept; echo $?'
    await occystrap.run(
      'process',
      `tar://${images.dockerArchive}`,
      `oci://${bundle}?read_only=true&arg=/bin/sh&arg=-c&arg=${encodeURIComponent(probe)}`,
    )
    // The volume belongs to root, as one that docker makes for a folder that the image has not.
    const config = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8')) as {
      process: { user: { uid: number } }
    }
    config.process.user.uid = 0
    await writeFile(join(bundle, 'config.json'), JSON.stringify(config))
    const { lines, stderr } = await runBundle('runc', bundle)
    expect(lines, stderr).toEqual(['1', '0'])
    const [volume = ''] = await readdir(join(bundle, 'volumes'))
    expect(await readdir(join(bundle, 'volumes', volume))).toEqual(['kept'])
  })

  describe.each([
    { name: 'with a range of ids', range: `${USER_NAME}:${RANGE}:65536\n` },
    { name: 'with no more than its own id', range: '' },
  ])('written by an ordinary user $name', ({ range }) => {
    test('starts with runc and crun as that user, though the image has a user of its own', async () => {
      await using folder = await TemporaryFolder.make()
      const as = await ordinaryUser(folder, range)
      const source = folder.at('home/image.tar')
      await copyFile(images.dockerArchive, source)
      await chown(source, USER, USER)
      const bundle = folder.at('home/bundle')
      const written = await as(process.execPath, [
        CLI,
        '--cache-dir',
        folder.at('home/cache'),
        'process',
        `tar://${source}`,
        `oci://${bundle}?arg=/bin/sh&arg=-c&arg=${encodeURIComponent('id -u; id -g; pwd; echo $GREETING; test -r /srv/app/replaced.txt; exit 7')}`,
      ])
      expect(written.status, written.stderr).toBe(0)
      expect(written.stderr).toMatch(/9 devices could not be made without root/)
      expect(written.stderr).toMatch(/user\.rootlesscontainers/)
      if (range === '') expect(written.stderr).toMatch(/runs as 0:0, which is the user’s own/)
      const id = range === '' ? '0' : '1500'
      for (const runtime of ['runc', 'crun'] as const) {
        const { status, lines, stderr } = await runBundle(runtime, bundle, as)
        expect.soft(lines, `${runtime}: ${stderr}`).toEqual([id, id, '/srv/app', 'hello two spaces'])
        expect.soft(status, `${runtime}: ${stderr}`).toBe(7)
      }
      expect(await readdir(folder.at('home'))).not.toContainEqual(expect.stringMatching(/\.tmp$/))
    })
  })
})

/** Runs programs as a user that this computer does not have: passwd, subuid and subgid are the test's own, in a mount namespace. */
async function ordinaryUser(folder: TemporaryFolder, range: string) {
  await chmod(folder.path, 0o755)
  await mkdir(folder.at('home'))
  await chown(folder.at('home'), USER, USER)
  const files = {
    passwd: `${readFileSync('/etc/passwd', 'utf8')}${USER_NAME}:x:${USER}:${USER}::${folder.at('home')}:/bin/sh\n`,
    group: `${readFileSync('/etc/group', 'utf8')}${USER_NAME}:x:${USER}:\n`,
    subuid: range,
    subgid: range,
  }
  for (const [name, content] of Object.entries(files)) await writeFile(folder.at(name), content)
  const binds = Object.keys(files).map(
    (name) => `touch /etc/${name}; mount --bind ${folder.at(name)} /etc/${name}`,
  )
  return (program: string, args: readonly string[]): Promise<CommandResult> =>
    tryCommand(
      'unshare',
      [
        '--mount',
        'sh',
        '-c',
        `${binds.join(' && ')} && ${ONE_CGROUPS} && exec setpriv --reuid=${USER} --regid=${USER} --clear-groups "$0" "$@"`,
        program,
        ...args,
      ],
      {
        cwd: folder.at('home'),
        env: { HOME: folder.at('home'), XDG_RUNTIME_DIR: folder.at('home'), USER: USER_NAME },
      },
    )
}
