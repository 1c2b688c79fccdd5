import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

const at = (path: string): string => resolve(import.meta.dirname, path)

/**
 * dockerode and docker-modem load what speaks to BuildKit and a way over ssh of their own before anybody asks for them, and nobody here
 * does: two thirds of a start that reaches an engine.
 */
function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    enforce: 'pre',
    resolveId: (id) => (/^(?:@grpc\/.+|protobufjs(?:\/.+)?|ssh2|tar-fs)$/.test(id) ? '\0unused' : undefined),
    load: (id) => (id === '\0unused' ? 'export default {}' : undefined),
  }
}

/**
 * Three builds of one tree: the node side (every process entry of its own, dependencies left in node_modules), the sandboxed preload
 * (CommonJS, the only form a sandboxed preload may have) and the renderer (one page for both hosts).
 */
export default defineConfig({
  main: {
    plugins: [withoutUnused()],
    build: {
      outDir: 'out/main',
      // What every start loads: as one file each instead of some eighty, half of the command line's start-up time.
      externalizeDeps: { exclude: ['zod', 'commander', 'dockerode', 'undici'] },
      target: 'node24',
      minify: false,
      rollupOptions: {
        input: {
          index: at('main/index.ts'),
          start: at('main/start.ts'),
          cli: at('main/cli.ts'),
          'job-process': at('main/engine/job-process.ts'),
          'reader-process': at('main/engine/reader-process.ts'),
          thread: at('main/image/thread.ts'),
          'layer-thread': at('main/image/layer-thread.ts'),
          'content-thread': at('main/image/content-thread.ts'),
          'rootfs-thread': at('main/outputs/rootfs/rootfs-thread.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { preload: at('main/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [react()],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      // electron-vite leaves it off; a browser far away loads half as much.
      minify: true,
      // Also served to browsers. The oldest that know light-dark(), which is then left as it is written.
      cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rollupOptions: { input: at('renderer/index.html') },
    },
  },
})
