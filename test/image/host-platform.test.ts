import { arch } from 'node:process'
import { expect, test } from 'vitest'
import { hostPlatform } from '../../main/image/host-platform.ts'

test('images are of linux, for the processor of this computer as images name it', () => {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' }
  expect(hostPlatform()).toMatchObject({ os: 'linux', architecture: names[arch] ?? arch })
})
