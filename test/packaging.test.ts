import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly optionalDependencies?: Record<string, string>
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', name), 'utf8'))
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> }
const project = read('package.json') as Record<
  'dependencies' | 'devDependencies' | 'allowScripts',
  Record<string, unknown>
>

test('the lock file names every optional part, also those of other platforms: npm ci refuses it otherwise', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
    ),
  )
  expect(missing).toEqual([])
})

test('the lock file works with any registry, and versions are exact', () => {
  expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
  const versions = Object.values({ ...project.dependencies, ...project.devDependencies })
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([])
})

test('every install script of a dependency is allowed or not by name, and only node needs its own', () => {
  const withScript = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  expect(withScript.filter((name) => !(name in project.allowScripts))).toEqual([])
  expect(Object.keys(project.allowScripts).filter((name) => project.allowScripts[name])).toEqual(['node'])
})

test('the parts of oRPC fit each other, and those of Mantine', () => {
  const versionsOf = (scope: string): Set<unknown> =>
    new Set(
      Object.entries({ ...project.dependencies, ...project.devDependencies })
        .filter(([name]) => name.startsWith(scope))
        .map(([, version]) => version),
    )
  expect([versionsOf('@orpc/').size, versionsOf('@mantine/').size]).toEqual([1, 1])
})
