#!/usr/bin/env node
import { createRequire } from 'node:module'

/** This entry stays readable to old versions of Node, so that it can say what is wrong, or use the right one that came with a clone. */
const OLDEST_NODE = 24

if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) {
  const { useCompileCache } = await import('./cli/compile-cache.ts')
  useCompileCache(process.argv.slice(2))
  const { main } = await import('./cli/main.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  await runOnOwnNode()
}

async function runOnOwnNode(): Promise<void> {
  const node = ownNode()
  if (node === undefined) {
    process.stderr.write(
      `occystrap: Node ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}.\n`,
    )
    process.exitCode = 1
    return
  }
  // Not for those who need it not: it takes some milliseconds to load.
  const { spawn } = await import('node:child_process')
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
  // A terminal's Ctrl-C reaches both of us; anybody else's signal only this process.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
}

function ownNode(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    return undefined
  }
}
