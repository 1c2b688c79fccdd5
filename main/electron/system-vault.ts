import type { SafeStorage } from 'electron'
import type { Vault } from '../engine/sign-ins.ts'

/** Electron's safeStorage as a vault. On Linux without a keyring it would use a password that everybody knows: that is no vault. */
export function systemVault(storage: SafeStorage, platform: NodeJS.Platform = process.platform): Vault {
  return {
    async isSafe() {
      if (!(await storage.isAsyncEncryptionAvailable())) return false
      return platform !== 'linux' || !UNSAFE.has(storage.getSelectedStorageBackend())
    },
    encrypt: (text) => storage.encryptStringAsync(text),
    decrypt: async (sealed) => (await storage.decryptStringAsync(sealed)).result,
  }
}

const UNSAFE: ReadonlySet<string> = new Set(['basic_text', 'unknown'])
