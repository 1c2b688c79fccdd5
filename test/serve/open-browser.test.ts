import { expect, test } from 'vitest'
import { openBrowser, openerOf } from '../../main/serve/open-browser.ts'

test.for([
  ['linux', { DISPLAY: ':0' }, ['xdg-open']],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open']],
  ['linux', {}, undefined],
  ['linux', { DISPLAY: '' }, undefined],
  ['darwin', {}, ['open']],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler']],
] as const)('on %s with %o the opener is %o', ([platform, env, opener]) => {
  expect(openerOf(platform, env)).toEqual(opener)
})

test('no display, or no such program, is no error', () => {
  expect(openBrowser('http://127.0.0.1/', 'linux', {})).toBe(false)
  expect(openBrowser('http://127.0.0.1/', 'linux', { DISPLAY: ':0', PATH: '/nowhere' })).toBe(true)
})
