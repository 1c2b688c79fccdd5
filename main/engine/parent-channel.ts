/** A child's line to the process that started it: node's IPC channel, or the port Electron gives a utility process. */
export interface ParentChannel {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** The parent is gone: nobody waits for this work any more. */
  onDisconnect(listener: () => void): void
}

interface UtilityPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}

/** Fails where this process was started by hand. */
export function parentChannel(): ParentChannel {
  // A fault nobody expected ends the process and with it the job, in Electron as in node: a utility process would only warn.
  process.on('unhandledRejection', (reason) => {
    process.stderr.write(`${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`)
    process.exit(1)
  })
  const port = (process as { parentPort?: UtilityPort }).parentPort
  // Electron ends its utility processes with itself, so there is no disconnect to hear.
  if (port)
    return {
      send: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', (event) => listener(event.data)),
      onDisconnect: () => {},
    }
  if (!process.send) throw new Error('This program is started by Occystrap, not by hand.')
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, {}, () => {})
    },
    onMessage: (listener) => void process.on('message', listener),
    onDisconnect: (listener) => void process.on('disconnect', listener),
  }
}
