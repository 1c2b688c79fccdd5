import type { SafeStorage } from 'electron'
import { expect, test } from 'vitest'
import { systemVault } from '../../main/electron/system-vault.ts'

/** As Electron has it: what it encrypts only it opens. */
function storage(options: { readonly available?: boolean; readonly backend?: string } = {}): SafeStorage {
  const key = 0x5a
  const turned = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ key))
  const made: Partial<SafeStorage> = {
    isAsyncEncryptionAvailable: async () => options.available ?? true,
    getSelectedStorageBackend: () => (options.backend ?? 'gnome_libsecret') as 'gnome_libsecret',
    encryptStringAsync: async (text) => turned(Buffer.from(text)),
    decryptStringAsync: async (sealed) => ({ result: turned(sealed).toString(), shouldReEncrypt: false }),
  }
  return made as SafeStorage
}

test.each([
  ['linux', 'gnome_libsecret', true],
  ['linux', 'kwallet6', true],
  ['linux', 'basic_text', false],
  ['linux', 'unknown', false],
  ['darwin', 'basic_text', true],
  ['win32', 'unknown', true],
] as const)('on %s with %s the vault is safe: %s', async (platform, backend, isSafe) => {
  expect(await systemVault(storage({ backend }), platform).isSafe()).toBe(isSafe)
  expect(await systemVault(storage({ backend, available: false }), platform).isSafe()).toBe(false)
})

test('opens what it sealed', async () => {
  const vault = systemVault(storage(), 'linux')
  const sealed = await vault.encrypt('a secret, ünd more')
  expect(sealed.toString('latin1')).not.toContain('secret')
  expect(await vault.decrypt(sealed)).toBe('a secret, ünd more')
})
