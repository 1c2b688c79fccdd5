import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/**
 * `core` needs nothing but node; `renderer` runs components in jsdom; `host` needs root, daemons or foreign tools (skipped with a
 * reason where they are missing, failing under CI=true); `e2e` drives the built program in Chromium, and in Electron where its binary is.
 */
export default defineConfig({
  test: {
    reporters: process.env['CI'] ? ['default', './test/support/closing-line.ts'] : ['default'],
    projects: [
      {
        test: {
          name: 'core',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/renderer/**', 'test/host/**', 'test/e2e/**'],
          testTimeout: 60_000,
        },
      },
      {
        plugins: [react()],
        test: {
          name: 'renderer',
          environment: 'jsdom',
          include: ['test/renderer/**/*.test.{ts,tsx}'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'host',
          environment: 'node',
          include: ['test/host/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          // After the quick ones, and never beside another: engines, disks filled and memory measured.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          // Last, because `npm start` builds anew what the others run.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
