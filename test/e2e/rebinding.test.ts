import { chromium } from 'playwright-core'
import { expect, test } from 'vitest'
import { RunningApp } from '../support/app.ts'
import { describeWith } from '../support/needs.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

describeWith({ tools: ['chromium'] }, 'a page of another name for this machine', () => {
  test('gets nothing, though its name now leads here and the user is logged in', async () => {
    await using app = await RunningApp.serve()
    await using home = await TemporaryFolder.make()
    const { port, origin } = new URL(app.url)
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      env: { ...process.env, HOME: home.path },
      args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    })
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(app.url)
    expect(page.url()).toBe(`${origin}/`)
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2)

    const evil = await context.newPage()
    const paths = ['/', '/session', '/upload?name=a&size=1', '/?token=guess']
    for (const path of paths) {
      const response = await evil.goto(`http://evil.example:${port}${path}`)
      expect([path, response?.status()]).toEqual([path, 421])
    }
    // And from a page of a foreign origin, with the real address: no answer can be read, no socket opens.
    const answers = await evil.evaluate(async (target) => {
      const ask = (path: string, method: string): Promise<string> =>
        fetch(`${target}${path}`, { method, credentials: 'include' }).then(
          () => 'answered',
          () => 'refused',
        )
      const socket = await new Promise<string>((resolve) => {
        const socket = new WebSocket(`${target.replace('http:', 'ws:')}/rpc`)
        socket.addEventListener('open', () => resolve('open'))
        socket.addEventListener('error', () => resolve('refused'))
      })
      return [
        await ask('/', 'GET'),
        await ask('/session', 'GET'),
        await ask('/upload?name=a&size=0', 'PUT'),
        socket,
      ]
    }, origin)
    expect(answers).toEqual(['refused', 'refused', 'refused', 'refused'])
    await browser.close()
  })
})
