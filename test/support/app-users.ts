import { RunningApp } from './app.ts'

/** Who uses the program: root can do what others cannot, and others see what they miss. */
export type User = 'root' | 'user'

/** Nobody of that number is in any user database. */
const NUMBER = 54_321

/** Those that this process can be. */
export const USERS: readonly User[] = process.getuid?.() === 0 ? ['root', 'user'] : ['user']

/** `occystrap serve` by that user. */
export async function serveAs(user: User): Promise<RunningApp> {
  return user === 'user' && process.getuid?.() === 0 ? RunningApp.serveAs(NUMBER) : RunningApp.serve()
}
