import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'

/** A keychain may ask its user for a password first. */
const PATIENCE = 60_000
const MOST_OUTPUT = 1024 * 1024
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i

const answerSchema = z.object({ Username: z.string(), Secret: z.string().min(1) })

/** The helper protocol (docker/docker-credential-helpers): `get` with the server on standard input. Undefined where it knows none. */
export async function getWithHelper(
  helper: string,
  server: string,
  settings: string,
): Promise<{ username: string; secret: string } | undefined> {
  const { status, output } = await runHelper(helper, 'get', server, settings)
  if (status !== 0) {
    if (/credentials not found|not found in native keychain/i.test(output)) return undefined
    throw failure(helper, settings, 'failed')
  }
  try {
    const { Username, Secret } = answerSchema.parse(JSON.parse(output))
    return { username: Username, secret: Secret }
  } catch {
    // Not the parser's words: they may quote the secret.
    throw failure(helper, settings, 'answered with something else than credentials')
  }
}

/** `store`: the helper keeps what it is given in its own, safe place. */
export async function storeWithHelper(
  helper: string,
  server: string,
  credentials: { readonly username: string; readonly secret: string },
): Promise<void> {
  const input = JSON.stringify({
    ServerURL: server,
    Username: credentials.username,
    Secret: credentials.secret,
  })
  const { status } = await runHelper(helper, 'store', input, 'your settings')
  if (status !== 0) throw failure(helper, 'your settings', 'could not keep the sign-in')
}

export async function eraseWithHelper(helper: string, server: string): Promise<void> {
  await runHelper(helper, 'erase', server, 'your settings')
}

async function runHelper(
  helper: string,
  verb: 'get' | 'store' | 'erase',
  input: string,
  settings: string,
): Promise<{ status: number | null; output: string }> {
  // CVE-2020-5260: a line break in a server's name is another field to the helper.
  if (verb !== 'store' && /[\0-\x1f\x7f]/.test(input))
    throw failure(helper, settings, 'was not asked for a name like this')
  const program = NAME.test(helper) ? findProgram(`docker-credential-${helper}`) : undefined
  if (program === undefined) throw failure(helper, settings, 'is not installed')
  const child = spawn(program, [verb], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (output.length < MOST_OUTPUT) output += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', () => reject(failure(helper, settings, 'cannot be started')))
    child.on('close', (status) => resolve({ status, output }))
  })
}

/** CVE-2025-15558: only absolute folders of PATH, so that no program comes from where one happens to stand. */
function findProgram(name: string): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe'] : ['']
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder)))
    for (const ending of endings) {
      const path = join(folder, name + ending)
      try {
        accessSync(path, constants.X_OK)
        if (statSync(path).isFile()) return path
      } catch {
        // Not in this folder.
      }
    }
  return undefined
}

function failure(helper: string, settings: string, what: string): ImageError {
  return new ImageError(
    'sign-in',
    `The credential helper docker-credential-${helper.slice(0, 64)} ${what}.`,
    {
      remedy: `It is named in ${settings}: install or mend it, take it out there, or give a user and a password here.`,
    },
  )
}
