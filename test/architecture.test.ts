import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { parseAst } from 'vite'
import { describe, expect, test } from 'vitest'

const PROJECT = join(import.meta.dirname, '..')

/** Folders of ours that may be imported, and packages; a package ends with `*` where all of its kind may be. */
interface Rule {
  readonly folders: readonly string[]
  readonly packages: readonly string[]
}

const IMAGE = ['main/image', 'shared']
const ENDS: Rule = { folders: ['main/image', 'main/platform', 'shared'], packages: ['node:*'] }
/** What both ends may speak through: registries and engines. */
const LINES = ['main/registry', 'main/docker']
const MAIN = ['main', 'shared']

/** The table of ARCHITECTURE.md, "Who may import whom". A folder may always import itself. */
const TABLE: Readonly<Record<string, Rule>> = {
  shared: { folders: [], packages: ['zod', '@orpc/contract'] },
  'main/image': { folders: IMAGE, packages: ['node:*', 'tar-stream', 'xz-decompress', 'zod'] },
  'main/platform': { folders: ['shared'], packages: ['node:*', 'koffi'] },
  'main/store': { folders: IMAGE, packages: ['node:*', 'zod'] },
  'main/registry': { folders: IMAGE, packages: ['node:*', 'zod', 'undici', 'smol-toml'] },
  'main/docker': { folders: IMAGE, packages: ['node:*', 'zod', 'dockerode'] },
  'main/inputs': { folders: [...IMAGE, ...LINES], packages: [] },
  'main/inputs/registry': { folders: [...IMAGE, 'main/registry', 'main/inputs'], packages: [] },
  'main/inputs/docker': { folders: [...IMAGE, 'main/docker', 'main/inputs'], packages: ['node:*', 'zod'] },
  'main/inputs/stored': { folders: [...IMAGE, 'main/inputs'], packages: ['node:*', 'zod'] },
  'main/filters': ENDS,
  'main/outputs': { folders: [...ENDS.folders, ...LINES], packages: ['node:*', 'zod'] },
  'main/engine': {
    folders: [
      ...IMAGE,
      ...LINES,
      'main/platform',
      'main/store',
      'main/inputs',
      'main/inputs/docker',
      'main/inputs/registry',
      'main/inputs/stored',
      'main/filters',
      'main/outputs',
    ],
    packages: ['diff', 'node:*', 'zod'],
  },
  'main/rpc': { folders: ['main/engine', 'shared'], packages: ['node:*', '@orpc/server', 'zod'] },
  // The entries and what belongs to them.
  main: {
    folders: MAIN,
    packages: ['node:*', 'electron', 'ws', 'commander', 'zod', '@orpc/server', 'package.json'],
  },
  'main/cli': { folders: MAIN, packages: ['node:*', 'commander', 'zod'] },
  'main/serve': { folders: MAIN, packages: ['node:*', 'ws', '@orpc/server', 'zod'] },
  'main/electron': { folders: MAIN, packages: ['node:*', 'electron', '@orpc/server', 'zod'] },
  renderer: {
    folders: ['shared'],
    packages: [
      'react',
      'react-dom',
      '@mantine/*',
      '@tabler/icons-react',
      'zustand',
      '@orpc/client',
      '@orpc/contract',
      '@tanstack/*',
    ],
  },
  scripts: { folders: MAIN, packages: ['node:*'] },
}

const FOLDERS = Object.keys(TABLE).sort((a, b) => b.length - a.length)

interface Import {
  readonly from: string
  /** A file of ours, or a package. */
  readonly to: string
  readonly isOurs: boolean
}

const sources = ['shared', 'main', 'renderer', 'scripts'].flatMap(sourcesIn)
const imports = sources.flatMap(importsOf)

function sourcesIn(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(PROJECT, from), 'utf8')
  return specifiersIn(text, from).map((specifier) => {
    const isOurs = specifier.startsWith('.')
    const to = isOurs ? relative(PROJECT, join(PROJECT, dirname(from), specifier)) : packageOf(specifier)
    return { from, to: to.split(sep).join('/'), isOurs: isOurs && to !== 'package.json' }
  })
}

/** Static, dynamic and type imports, and what is exported from elsewhere. */
function specifiersIn(text: string, name: string): string[] {
  const found: string[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit)
    if (!isNode(node)) return
    const { source } = node
    if (isNode(source) && typeof source['value'] === 'string') found.push(source['value'])
    Object.values(node).forEach(visit)
  }
  visit(parseAst(text, { lang: name.endsWith('x') ? 'tsx' : 'ts', astType: 'ts' } as never, name))
  return found
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function folderOf(path: string): string {
  return FOLDERS.find((folder) => path.startsWith(`${folder}/`)) ?? path
}

function isAllowed({ from, to, isOurs }: Import): boolean {
  const folder = folderOf(from)
  const { folders, packages } = TABLE[folder]!
  if (isOurs)
    return (
      folderOf(to) === folder ||
      folders.includes(folderOf(to)) ||
      (folders === MAIN && to.startsWith('main/'))
    )
  return packages.some((name) => (name.endsWith('*') ? to.startsWith(name.slice(0, -1)) : name === to))
}

describe('the reader of imports', () => {
  test('finds every form', () => {
    const text = `
      import a from './a.ts'
      import type { B } from './b.ts'
      import './c.ts'
      export * from './d.ts'
      export type { E } from './e.ts'
      const f = await import('./f.ts')
      type G = typeof import('./g.ts')
      type H = import('./h.ts').H
      const no = "import x from './no.ts'" // import './no.ts'
    `
    expect(specifiersIn(text, 'x.ts').sort()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `./${name}.ts`),
    )
  })

  test('has sources to read, and knows each one’s folder', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(sources.filter((path) => !(folderOf(path) in TABLE))).toEqual([])
  })

  test('refuses what the table does not name', () => {
    const refused: Import[] = [
      { from: 'shared/a.ts', to: 'node:fs', isOurs: false },
      { from: 'main/image/a.ts', to: 'main/inputs/b.ts', isOurs: true },
      { from: 'main/inputs/a.ts', to: 'main/outputs/b.ts', isOurs: true },
      { from: 'main/engine/a.ts', to: 'electron', isOurs: false },
      { from: 'main/rpc/a.ts', to: 'main/store/b.ts', isOurs: true },
      { from: 'main/cli/a.ts', to: 'electron', isOurs: false },
      { from: 'renderer/a.tsx', to: 'main/image/b.ts', isOurs: true },
      { from: 'renderer/a.tsx', to: 'node:path', isOurs: false },
    ]
    expect(refused.filter(isAllowed)).toEqual([])
  })
})

test('every import is one that the table allows', () => {
  const forbidden = imports.filter((item) => !isAllowed(item)).map(({ from, to }) => `${from} imports ${to}`)
  expect(forbidden).toEqual([])
})

test('built-in modules are named with node:', () => {
  const bare = imports.filter(({ to, isOurs }) => !isOurs && builtinModules.includes(to))
  expect(bare).toEqual([])
})

test('imports of ours name a file that is there', () => {
  const known = new Set(sources)
  const assets = /\.(css|svg|png)$/
  const lost = imports.filter(
    ({ to, isOurs }) => isOurs && !known.has(to) && !assets.test(to) && !to.endsWith('.d.ts'),
  )
  expect(lost.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('no file imports itself, by whatever way', () => {
  const next = Map.groupBy(
    imports.filter(({ isOurs }) => isOurs),
    ({ from }) => from,
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (trail.includes(path) || done.has(path)) return
    for (const { to } of next.get(path) ?? []) walk(to, [...trail, path])
    done.add(path)
  }
  for (const path of sources) walk(path, [])
  expect(cycles).toEqual([])
})

test('a file has one door: no default exports, no folders as modules', () => {
  const exported = sources.filter((path) =>
    /^export default /m.test(readFileSync(join(PROJECT, path), 'utf8')),
  )
  const barrels = sources.filter((path) => /\/index\.tsx?$/.test(path) && path !== 'main/index.ts')
  expect([...exported, ...barrels]).toEqual([])
})

test('powers are used where they are meant to be, and nowhere else', () => {
  const found = sources.flatMap((path) => {
    const text = readFileSync(join(PROJECT, path), 'utf8')
    const words = [
      'innerHTML',
      'dangerouslySetInnerHTML',
      'openExternal',
      'openPath',
      'webviewTag: true',
      'nodeIntegration: true',
    ]
    return words.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`)
  })
  expect(found).toEqual([])
})
