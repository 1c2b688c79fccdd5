import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { commandLineOf } from '../../main/engine/command-line-of.ts'
import { preflight } from '../../main/engine/preflight.ts'
import type { Digest } from '../../shared/digest.ts'
import type { JobSpec } from '../../shared/job.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { convert, workspaceOf } from '../support/conversion.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

async function prepared(flavour: 'docker-24' | 'docker-25-gzip' = 'docker-24'): Promise<TestContext> {
  const context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('in.tar'), { flavour })
  return context
}

async function look(context: TestContext, output: DestinationSpec, input = 'in.tar') {
  const before = snapshotOf(context.folder)
  const spec = {
    kind: 'convert',
    input: { kind: 'tar', path: context.path(input) },
    filters: [],
    output,
  } as const
  const result = await preflight({ ...spec, filters: [] }, workspaceOf(context), testTask())
  expect(snapshotOf(context.folder)).toEqual(before)
  return result
}

const tar = (path: string): DestinationSpec => ({ kind: 'tar', path, compression: 'none', overwrite: true })
const dir = (path: string): DestinationSpec => ({ kind: 'dir', path, uniqueNames: false })

describe('pre-flight', () => {
  it('knows bytes, room and the command, and writes nothing', async () => {
    await using context = await prepared()
    const result = await look(context, tar(context.path('out.tar')))
    const size = sampleImage().layers.reduce((sum, { tar }) => sum + tar.length, 0)
    expect(result).toMatchObject({ bytes: size, exists: false, problems: [], notes: [] })
    expect(result.bytesFree).toBeGreaterThan(size)
    expect(result.command).toBe(
      `occystrap process tar://${context.path('in.tar')} tar://${context.path('out.tar')}`,
    )
  })

  it('does not guess the size of compressed layers', async () => {
    await using context = await prepared('docker-25-gzip')
    const result = await look(context, tar(context.path('out.tar')))
    expect(result.bytes).toBeNull()
    expect(result.notes.join()).toContain('compressed')
  })

  it('says what will be replaced', async () => {
    await using context = await prepared()
    writeFileSync(context.path('out.tar'), 'mine')
    expect(await look(context, tar(context.path('out.tar')))).toMatchObject({
      exists: true,
      problems: [],
      notes: [`${context.path('out.tar')} will be replaced.`],
    })
  })

  it('counts only layers that a directory does not have', async () => {
    await using context = await prepared()
    await convert(context, { kind: 'tar', path: context.path('in.tar') }, dir(context.path('images')))
    const result = await look(context, dir(context.path('images')))
    expect(result).toMatchObject({ bytes: 0, exists: true, problems: [] })
    expect(result.notes).toEqual([
      '2 of 2 layers are there already and will be shared.',
      `sample:1 in ${context.path('images')} will be replaced.`,
    ])
  })

  const problems: readonly (readonly [string, string, (context: TestContext) => string])[] = [
    ['a missing folder', 'not-found', (context) => context.path('missing/out')],
    ['its own source', 'exists', (context) => context.path('in.tar')],
    [
      'its own source by another name',
      'exists',
      (context) => {
        symlinkSync('in.tar', context.path('link.tar'))
        return context.path('link.tar')
      },
    ],
    ['a device', 'exists', () => '/dev/null'],
    ['a place without room', 'permission', () => '/proc/out'],
  ]
  for (const [name, code, make] of problems)
    it(`has a problem with ${name}`, async () => {
      await using context = await prepared()
      const path = make(context)
      for (const output of [tar(path), dir(path)]) {
        const result = await look(context, output)
        expect(result.problems.length).toBeGreaterThan(0)
        if (output.kind === 'tar' && code !== 'permission') expect(result.problems[0]?.code).toBe(code)
      }
    })

  it.skipIf(process.getuid?.() === 0)('has a problem with a folder that may not be written', async () => {
    await using context = await prepared()
    mkdirSync(context.path('closed'))
    chmodSync(context.path('closed'), 0o500)
    expect((await look(context, tar(context.path('closed/out.tar')))).problems).toMatchObject([
      { code: 'permission' },
    ])
  })

  it('has a problem with a source that is none, and with a name that is none', async () => {
    await using context = await prepared()
    writeFileSync(context.path('page.tar'), '<html>')
    expect((await look(context, tar(context.path('out.tar')), 'page.tar')).problems).toMatchObject([
      { code: 'not-an-image' },
    ])
    const output = { ...tar(context.path('out.tar')), reference: 'Not A Name' }
    expect((await look(context, output)).problems).toMatchObject([{ code: 'usage' }])
  })
})

describe('pre-flight of a bundle', () => {
  const bundle = (path: string, part: { rootless?: boolean } = {}): DestinationSpec => ({
    kind: 'oci',
    path,
    terminal: false,
    readOnly: false,
    env: [],
    allLabels: false,
    ...part,
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('takes a place that is free, or an empty folder', async () => {
    await using context = await prepared()
    mkdirSync(context.path('empty'))
    const size = sampleImage().layers.reduce((sum, { tar }) => sum + tar.length, 0)
    for (const name of ['new', 'empty']) {
      const result = await look(context, bundle(context.path(name)))
      expect(result).toMatchObject({ bytes: size, exists: false, problems: [] })
      expect(result.notes[0]).toMatch(/^It may be less/)
      expect(result.command).toBe(
        `occystrap process tar://${context.path('in.tar')} oci://${context.path(name)}`,
      )
    }
  })

  it('has a problem with a folder that holds something, and with a file', async () => {
    await using context = await prepared()
    mkdirSync(context.path('full'))
    writeFileSync(context.path('full/mine'), '')
    for (const name of ['full', 'full/mine'])
      expect((await look(context, bundle(context.path(name)))).problems).toMatchObject([{ code: 'exists' }])
    expect((await look(context, bundle(context.path('missing/x')))).problems).toMatchObject([
      { code: 'not-found' },
    ])
  })

  it('says what needs root, and as whom the bundle starts', async () => {
    await using context = await prepared()
    const notesOf = async (rootless?: boolean) =>
      (
        await look(context, bundle(context.path('new'), rootless === undefined ? {} : { rootless }))
      ).notes.join(' ')
    const user = vi.spyOn(process, 'geteuid').mockReturnValue(1000)
    expect(await notesOf()).toMatch(/owners are kept as attributes.* The bundle starts as you\./)
    expect(await notesOf(false)).toMatch(/devices .* are left out.* The bundle is started by root\./)
    user.mockReturnValue(0)
    expect(await notesOf()).not.toMatch(/root/)
  })
})

describe('pre-flight of overlay mounts', () => {
  const mounts = (path: string, mount = false): DestinationSpec => ({ kind: 'mounts', path, mount })
  const size = sampleImage().layers.reduce((sum, { tar }) => sum + tar.length, 0)
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('takes a place that is free, or an empty folder', async () => {
    await using context = await prepared()
    mkdirSync(context.path('empty'))
    for (const name of ['new', 'empty']) {
      const path = context.path(name)
      const result = await look(context, mounts(path, true))
      expect(result).toMatchObject({ bytes: size, exists: false })
      expect(result.command).toBe(
        `occystrap process tar://${context.path('in.tar')} 'mounts://${path}?mount=true'`,
      )
    }
  })

  it('shares what a folder of mounts has already', async () => {
    await using context = await prepared()
    const path = context.path('mounts')
    await convert(context, { kind: 'tar', path: context.path('in.tar') }, mounts(path))
    const result = await look(context, mounts(path))
    expect(result).toMatchObject({ bytes: 0, problems: [] })
    expect(result.notes).toEqual(
      expect.arrayContaining([
        'The image is there already; what was changed in it stays.',
        '2 of 2 layers are there already and will be shared.',
      ]),
    )
  })

  it('has a problem with a folder of something else', async () => {
    await using context = await prepared()
    mkdirSync(context.path('full'))
    writeFileSync(context.path('full/mine'), '')
    expect((await look(context, mounts(context.path('full')))).problems).toMatchObject([{ code: 'exists' }])
  })

  it('says what is lost without root, and how it is mounted then', async () => {
    await using context = await prepared()
    const user = vi.spyOn(process, 'geteuid').mockReturnValue(1000)
    const result = await look(context, mounts(context.path('new')))
    expect(result.problems).toEqual([])
    expect(result.notes.join(' ')).toMatch(/owners are kept as attributes.* mount\.sh mounts it for you/)
    expect((await look(context, mounts(context.path('new'), true))).problems).toMatchObject([
      { code: 'permission', remedy: expect.stringContaining('mount.sh') as unknown },
    ])
    user.mockReturnValue(0)
    expect((await look(context, mounts(context.path('new'), true))).notes.join()).not.toMatch(/root/)
  })

  it.skipIf(process.getuid?.() !== 0)(
    'has a problem with layers that root wrote, for anybody else',
    async () => {
      await using context = await prepared()
      await convert(context, { kind: 'tar', path: context.path('in.tar') }, mounts(context.path('m')))
      vi.spyOn(process, 'geteuid').mockReturnValue(1000)
      expect((await look(context, mounts(context.path('m')))).problems).toMatchObject([
        { code: 'permission' },
      ])
    },
  )

  it('of the mount itself says what stands in its way, and the line that does it', async () => {
    await using context = await prepared()
    const path = context.path('m')
    const { imageID = '' } = await convert(
      context,
      { kind: 'tar', path: context.path('in.tar') },
      mounts(path),
    )
    const lookAt = (spec: JobSpec) => preflight(spec, workspaceOf(context), testTask())
    const user = vi.spyOn(process, 'geteuid').mockReturnValue(0)
    const mount = { kind: 'mount', path, imageID: imageID as Digest } as const
    expect(await lookAt(mount)).toMatchObject({
      problems: [],
      command: `sh ${path}/images/${imageID.slice(7, 19)}/mount.sh`,
    })
    expect(await lookAt({ kind: 'unmount', path })).toMatchObject({
      problems: [],
      command: `occystrap unmount ${path}`,
    })
    expect(await lookAt({ kind: 'unmount', path: context.folder })).toMatchObject({
      problems: [{ code: 'unsupported' }],
    })
    user.mockReturnValue(1000)
    expect(await lookAt(mount)).toMatchObject({ problems: [{ code: 'permission' }] })
  })
})

describe('pre-flight of a directory with the root filesystem', () => {
  it('counts the tree as all its layers, and says what is replaced', async () => {
    await using context = await prepared()
    const size = sampleImage().layers.reduce((sum, { tar }) => sum + tar.length, 0)
    const path = context.path('images')
    const output: DestinationSpec = { kind: 'dir', path, uniqueNames: false, expand: true }
    const before = await look(context, output)
    expect(before).toMatchObject({ bytes: 2 * size, problems: [] })
    expect(before.notes.join()).toMatch(/It may be less/)
    expect(before.command).toContain('?expand=true')
    await convert(context, { kind: 'tar', path: context.path('in.tar') }, output)
    const after = await look(context, output)
    expect(after.bytes).toBe(size)
    expect(after.notes).toContain(`${path}/rootfs will be replaced.`)
  })
})

describe('the equivalent command', () => {
  it('is quoted for a shell', () => {
    const command = commandLineOf({
      kind: 'convert',
      input: { kind: 'tar', path: "/it's/a b.tar", image: 'debian:12' },
      filters: [{ kind: 'normalize-timestamps', timestamp: 7 }],
      output: { kind: 'dir', path: '/images', uniqueNames: true },
    })
    expect(command).toBe(
      String.raw`occystrap process 'tar:///it'\''s/a b.tar?image=debian:12' 'dir:///images?unique_names=true' -f normalize-timestamps:ts=7`,
    )
  })

  it('is there only for what the command line can do', () => {
    const input = { kind: 'tar', path: '/a.tar' } as const
    const path = {
      kind: 'save-path',
      input,
      path: 'etc/passwd',
      destination: '/out',
      isMerged: true,
    } as const
    expect(commandLineOf(path)).toBe('occystrap cat tar:///a.tar etc/passwd > /out')
    expect(commandLineOf({ ...path, layer: 3, isMerged: false })).toBe(
      'occystrap cat tar:///a.tar etc/passwd --layer 3 > /out',
    )
    expect(commandLineOf({ ...path, layer: 3 })).toBe('')
    expect(commandLineOf({ ...path, path: 'a\xff' })).toBe('')
  })
})
