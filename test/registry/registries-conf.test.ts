import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { locationsOf, type Location } from '../../main/registry/registries-conf.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await TemporaryFolder.make()
})
afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

const OWN = 'home/.config/containers/registries.conf'
const SYSTEM = 'etc/containers/registries.conf'

async function write(path: string, content: string): Promise<void> {
  const file = folder.at(path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

function locations(name: string, env: NodeJS.ProcessEnv = {}): Promise<Location[]> {
  const [registry = '', ...path] = name.split('/')
  return locationsOf(registry, path.join('/'), { env, home: folder.at('home'), etc: folder.at('etc') })
}

/** `host/path`, with a `!` behind what is spoken to without TLS. */
async function places(name: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const found = await locations(name, env)
  return found.map(({ registry, repository, insecure }) => `${registry}/${repository}${insecure ? '!' : ''}`)
}

test('without any file a repository is where its name says', async () => {
  expect(await places('quay.io/team/app')).toEqual(['quay.io/team/app'])
  await write(SYSTEM, '# unqualified-search-registries = ["example.com"]\n')
  expect(await places('quay.io/team/app')).toEqual(['quay.io/team/app'])
})

test('mirrors come first, in their order, the place itself last', async () => {
  await write(
    SYSTEM,
    `[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub/"
insecure = true
[[registry.mirror]]
location = "second.example"
`,
  )
  expect(await places('docker.io/library/debian')).toEqual([
    'mirror.example:5000/hub/library/debian!',
    'second.example/library/debian',
    'docker.io/library/debian',
  ])
  expect(await places('quay.io/library/debian')).toEqual(['quay.io/library/debian'])
})

test('the longest prefix counts, by whole components', async () => {
  await write(
    SYSTEM,
    `[[registry]]
location = "a.example"
[[registry.mirror]]
location = "all.example"
[[registry]]
prefix = "a.example/team"
location = "b.example/moved/team"
insecure = true
`,
  )
  expect(await places('a.example/team/app')).toEqual(['b.example/moved/team/app!'])
  expect(await places('a.example/team')).toEqual(['b.example/moved/team!'])
  expect(await places('a.example/teams/app')).toEqual(['all.example/teams/app', 'a.example/teams/app'])
  expect(await places('a.example.org/app')).toEqual(['a.example.org/app'])
})

test('a wildcard means every host below', async () => {
  await write(
    SYSTEM,
    `[[registry]]
prefix = "*.corp.example"
[[registry.mirror]]
location = "cache.example/corp"
[[registry]]
prefix = "*.eu.corp.example"
location = "eu.example"
`,
  )
  expect(await places('a.corp.example/x/y')).toEqual(['cache.example/corp/x/y', 'a.corp.example/x/y'])
  expect(await places('a.b.corp.example/x')).toEqual(['cache.example/corp/x', 'a.b.corp.example/x'])
  expect(await places('a.eu.corp.example/x')).toEqual(['eu.example/x'])
  expect(await places('corp.example/x')).toEqual(['corp.example/x'])
  expect(await places('evilcorp.example/x')).toEqual(['evilcorp.example/x'])
})

test('what is blocked is refused, by name', async () => {
  await write(SYSTEM, '[[registry]]\nprefix = "bad.example"\nblocked = true\n')
  await expect(places('bad.example/x')).rejects.toMatchObject({
    code: 'permission',
    message: expect.stringContaining('bad.example is blocked'),
    remedy: expect.any(String),
  })
  expect(await places('good.example/x')).toEqual(['good.example/x'])
})

test('what lies in the folders beside it counts over the file, in the order of names', async () => {
  const rule = (host: string) => `[[registry]]\nprefix = "a.example"\nlocation = "${host}"\n`
  await write(SYSTEM, rule('file.example'))
  await write(`${SYSTEM}.d/20-b.conf`, rule('b.example'))
  await write(`${SYSTEM}.d/10-a.conf`, rule('a.example'))
  await write(`${SYSTEM}.d/30-c.conf.off`, rule('off.example'))
  expect(await places('a.example/x')).toEqual(['b.example/x'])
  // The user's own folder counts beside the machine's file, and over its folder.
  await write(`${OWN}.d/05-own.conf`, rule('own.example'))
  expect(await places('a.example/x')).toEqual(['own.example/x'])
})

test('a folder alone is enough', async () => {
  await write(
    `${OWN}.d/mirror.conf`,
    '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\nlocation = "m.example"\n',
  )
  expect(await places('a.example/x')).toEqual(['m.example/x', 'a.example/x'])
})

test("the user's own file takes the place of the machine's, and a variable that of both", async () => {
  const rule = (host: string) => `[[registry]]\nprefix = "a.example"\nlocation = "${host}"\n`
  await write(SYSTEM, rule('system.example'))
  await write(`${SYSTEM}.d/x.conf`, rule('system-folder.example'))
  await write(OWN, rule('own.example'))
  await write('given.conf', rule('given.example'))
  expect(await places('a.example/x')).toEqual(['own.example/x'])
  const env = { CONTAINERS_REGISTRIES_CONF: folder.at('given.conf') }
  await write(`${SYSTEM}.d/x.conf`, '')
  expect(await places('a.example/x', env)).toEqual(['given.example/x'])
  await write('config/containers/registries.conf', rule('xdg.example'))
  expect(await places('a.example/x', { XDG_CONFIG_HOME: folder.at('config') })).toEqual(['xdg.example/x'])
})

test.each([
  '[[registry]]\nlocation = ',
  '[[registry]]\nlocation = 5\n',
  '[[registry]]\n[[registry.mirror]]\n',
])('a file that is wrong (%j) is named, not passed over', async (content) => {
  await write(SYSTEM, content)
  await expect(places('a.example/x')).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(folder.at(SYSTEM)),
  })
})

test('Docker has mirrors for its own Hub alone, and names what is without TLS', async () => {
  await write(
    'etc/docker/daemon.json',
    JSON.stringify({
      'registry-mirrors': ['https://mirror.example', 'http://plain.example:5000/', 'nonsense'],
      'insecure-registries': ['lab.example:5000'],
    }),
  )
  expect(await places('docker.io/library/debian')).toEqual([
    'mirror.example/library/debian',
    'plain.example:5000/library/debian!',
    'docker.io/library/debian',
  ])
  expect(await places('lab.example:5000/x')).toEqual(['lab.example:5000/x!'])
  expect(await places('lab.example/x')).toEqual(['lab.example/x'])
  await write('home/.config/docker/daemon.json', JSON.stringify({ 'insecure-registries': [] }))
  expect(await places('lab.example:5000/x')).toEqual(['lab.example:5000/x'])
})

test.each(['', '{', '[]', '{"registry-mirrors": "x"}'])(
  "a broken file of the engine's (%j) is the engine's to tell",
  async (content) => {
    await write('etc/docker/daemon.json', content)
    expect(await places('docker.io/library/debian')).toEqual(['docker.io/library/debian'])
    await mkdir(join(folder.at('home/.config/docker/daemon.json')), { recursive: true })
    expect(await places('docker.io/library/debian')).toEqual(['docker.io/library/debian'])
  },
)
