import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { overlaysOf } from '../../../main/outputs/mounts/layer-stack.ts'
import { mountedBelow } from '../../../main/outputs/mounts/mounted-below.ts'
import { mountScript, unmountScript } from '../../../main/outputs/mounts/scripts.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

/** Runs a script with programs that only say how they were called, and where; `user`: what `id -u` answers. */
async function said(script: string, user: number): Promise<{ status: number | null; lines: string[] }> {
  await using folder = await TemporaryFolder.make()
  const home = folder.at("it's a $(folder)\n-x")
  mkdirSync(home)
  writeFileSync(`${home}/script.sh`, script)
  const programs = {
    id: `echo ${user}`,
    mountpoint: 'exit 1',
    ...Object.fromEntries(
      ['mount', 'umount', 'fuse-overlayfs', 'fusermount3'].map((name) => [
        name,
        `[ -f script.sh ] && echo "${name} $*" >> "$SAID"`,
      ]),
    ),
  }
  mkdirSync(folder.at('bin'))
  for (const [name, body] of Object.entries(programs))
    writeFileSync(folder.at('bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  writeFileSync(folder.at('said'), '')
  const { status, stderr } = spawnSync('sh', [`${home}/script.sh`], {
    cwd: '/',
    env: { PATH: `${folder.at('bin')}:/usr/bin:/bin`, CDPATH: '/tmp', SAID: folder.at('said') },
  })
  expect(stderr.toString()).not.toContain('not found')
  return { status, lines: readFileSync(folder.at('said'), 'utf8').trim().split('\n') }
}

describe('the script that mounts', () => {
  const few = overlaysOf(2)

  it('mounts as root from any folder, whatever the path', async () => {
    expect(await said(mountScript(few, 'root'), 0)).toEqual({
      status: 0,
      lines: ['mount -t overlay overlay -o lowerdir=l/0:l/1,upperdir=upper,workdir=work merged'],
    })
  })

  it('says by an option that attributes are those of a user', async () => {
    expect((await said(mountScript(few, 'user'), 0)).lines).toEqual([
      'mount -t overlay overlay -o userxattr,lowerdir=l/0:l/1,upperdir=upper,workdir=work merged',
    ])
  })

  it('mounts with fuse-overlayfs as another user, and layers of root not at all', async () => {
    expect(await said(mountScript(few, 'user'), 1000)).toEqual({
      status: 0,
      lines: ['fuse-overlayfs -o lowerdir=l/0:l/1,upperdir=upper,workdir=fuse merged'],
    })
    expect(await said(mountScript(few, 'root'), 1000)).toEqual({ status: 1, lines: [''] })
  })

  it('mounts the lowest of very many layers first', async () => {
    const { lines } = await said(mountScript(overlaysOf(600), 'root'), 0)
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/lowerdir=l\/499:.*:l\/599 base$/)
    expect(lines[1]).toMatch(/lowerdir=l\/0:.*:l\/498:base,upperdir=upper,workdir=work merged$/)
  })

  it('has a counterpart that takes away the mounts and nothing else', async () => {
    expect((await said(unmountScript(few), 0)).lines).toEqual(['umount merged'])
    expect((await said(unmountScript(few), 1000)).lines).toEqual(['fusermount3 -u merged'])
    expect((await said(unmountScript(overlaysOf(600)), 0)).lines).toEqual(['umount merged', 'umount base'])
  })
})

describe('mount points below a folder', () => {
  it('are found by whole names, the last one first, with what stands escaped', () => {
    const line = (path: string): string => `36 35 98:0 / ${path} rw,noatime - overlay overlay rw`
    const text = [
      line('/'),
      line('/a\\040b'),
      line('/a\\040b/images/1/merged'),
      line('/a\\040bc'),
      line('/a\\040b/images/\\134\\012/merged'),
      '',
    ].join('\n')
    expect(mountedBelow(text, '/a b')).toEqual(['/a b/images/\\\n/merged', '/a b/images/1/merged', '/a b'])
  })
})
