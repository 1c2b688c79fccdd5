import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, vi } from 'vitest'
import { RegistryImage } from '../../main/inputs/registry/registry.ts'
import { FakeRegistry } from '../support/fake-registry.ts'
import type { PushOptions } from '../support/fake-repository.ts'
import { inputSuite } from '../support/input-suite.ts'

const FORMS: readonly PushOptions[] = [
  { format: 'oci', compression: 'gzip' },
  { format: 'oci', compression: 'zstd' },
  { format: 'oci', compression: 'none' },
  { format: 'docker', compression: 'gzip' },
  { format: 'docker', compression: 'zstd' },
  { format: 'docker', compression: 'none' },
  { format: 'schema1', compression: 'gzip' },
]

let registry: FakeRegistry
beforeEach(async () => {
  registry = await FakeRegistry.start()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await registry[Symbol.asyncDispose]()
})

describe.each(FORMS)('an image of a registry as $format with $compression', (form) => {
  inputSuite({
    keepsConfig: form.format !== 'schema1',
    isRemote: true,
    prepare: async (image, context) => {
      registry.repository('team/app').push(image, { ...form, tag: '1.0' })
      // The registry by the name that the image goes by.
      const conf = `[[registry]]\nprefix = "registry.example.org"\nlocation = "${registry.host}"\n`
      await writeFile(context.path('registries.conf'), conf)
      vi.stubEnv('CONTAINERS_REGISTRIES_CONF', context.path('registries.conf'))
      vi.stubEnv('HOME', context.folder)
      return (context, task) =>
        RegistryImage.open({ kind: 'registry', image: 'registry.example.org/team/app:1.0' }, context, task)
    },
  })
})
