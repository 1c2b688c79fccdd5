import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseConfig } from '../../../main/image/image-config.ts'
import { runtimeSpec, type SpecFacts } from '../../../main/outputs/bundle/runtime-spec.ts'
import type { SpecDocument } from '../../../main/outputs/bundle/spec-document.ts'
import type { BundleAccounts } from '../../../main/outputs/bundle/user-mapping.ts'

const text = z.string().refine((value) => !value.includes('\0'))
const path = text.startsWith('/')
const id = z.int().min(0).max(0xffff_fffe)
const capability = z.string().regex(/^CAP_[A-Z_]+$/)
const capabilities = z.array(capability)
const mapping = z.strictObject({ containerID: id, hostID: id, size: id.min(1) })

/** runtime-spec 1.0.2, schema/config-schema.json and config-linux.json, for what is written; strict, so that a misspelt key fails. */
const specSchema = z.strictObject({
  ociVersion: z.literal('1.0.2'),
  process: z.strictObject({
    terminal: z.boolean(),
    user: z.strictObject({ uid: id, gid: id, umask: id, additionalGids: z.array(id) }),
    args: z.array(z.string()).min(1),
    env: z.array(z.string().regex(/^[^=]+=/)),
    cwd: path,
    capabilities: z.strictObject({
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: capabilities,
      ambient: capabilities,
    }),
    rlimits: z.array(
      z.strictObject({ type: z.string().regex(/^RLIMIT_[A-Z]+$/), hard: z.int(), soft: z.int() }),
    ),
    noNewPrivileges: z.boolean(),
  }),
  root: z.strictObject({ path: z.literal('rootfs'), readonly: z.boolean() }),
  hostname: z.string().min(1),
  mounts: z.array(
    z.strictObject({
      destination: path,
      type: z.string(),
      source: text,
      options: z.array(z.string()).optional(),
    }),
  ),
  annotations: z.record(z.string().min(1), z.string()),
  linux: z.strictObject({
    uidMappings: z.array(mapping).optional(),
    gidMappings: z.array(mapping).optional(),
    resources: z
      .strictObject({
        devices: z.array(z.strictObject({ allow: z.boolean(), access: z.string().regex(/^[rwm]+$/) })),
      })
      .optional(),
    namespaces: z.array(
      z.strictObject({ type: z.enum(['mount', 'pid', 'network', 'uts', 'ipc', 'user', 'cgroup']) }),
    ),
    maskedPaths: z.array(path),
    readonlyPaths: z.array(path),
  }),
})

const ROOT: BundleAccounts = { uid: 0, gid: 0, isRootless: false, subUids: undefined, subGids: undefined }
const ALONE: BundleAccounts = { ...ROOT, uid: 1000, gid: 1001, isRootless: true }
const RANGE: BundleAccounts = {
  ...ALONE,
  subUids: { start: 100_000, count: 65_536 },
  subGids: { start: 200_000, count: 100 },
}
const options = { terminal: false, readOnly: false, env: [], allLabels: false }
const root = { uid: 0, gid: 0, additionalGids: [10], home: '/root' }
const app = { uid: 1000, gid: 7, additionalGids: [10, 29], home: '/home/app' }

function imageOf(config: object = {}, rest: object = {}): SpecFacts['image'] {
  const document = { rootfs: { type: 'layers', diff_ids: [] }, config: { Cmd: ['/run'], ...config }, ...rest }
  return parseConfig(Buffer.from(JSON.stringify(document)))
}

function specOf(facts: Partial<SpecFacts> = {}): { spec: SpecDocument; codes: string[]; details: string[] } {
  const { spec, warnings } = runtimeSpec({
    image: imageOf(),
    imageID: `sha256:${'0123456789abcdef'.repeat(4)}`,
    options,
    user: root,
    accounts: ROOT,
    volumes: [],
    ...facts,
  })
  expect(specSchema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec)
  return {
    spec,
    codes: warnings.map(({ code }) => code),
    details: warnings.map(({ detail = '' }) => detail),
  }
}

function typesOf({ linux }: SpecDocument): string[] {
  return linux.namespaces.map(({ type }) => type).sort()
}

describe('the process', () => {
  test.each([
    [{ Entrypoint: ['/e', '1'], Cmd: ['2'] }, undefined, ['/e', '1', '2'], []],
    [{ Entrypoint: ['/e'], Cmd: null }, undefined, ['/e'], []],
    [{ Entrypoint: null, Cmd: ['c'] }, undefined, ['c'], []],
    [{ Entrypoint: ['/e'], Cmd: ['c'] }, ['x', ''], ['x', ''], []],
    [{ Cmd: null }, undefined, ['/bin/sh'], ['no-command']],
    [{ Entrypoint: [], Cmd: [] }, undefined, ['/bin/sh'], ['no-command']],
  ])('%j asked for %j runs %j', (config, args, expected, warned) => {
    const { spec, codes } = specOf({ image: imageOf(config), options: { ...options, args } })
    expect(spec.process.args).toEqual(expected)
    expect(codes).toEqual(warned)
  })

  test.each([
    [undefined, '/'],
    ['', '/'],
    ['/srv/', '/srv'],
    ['srv/../app//x/.', '/app/x'],
    ['../../etc', '/etc'],
  ])('in %j works in %j', (WorkingDir, expected) => {
    expect(specOf({ image: imageOf({ WorkingDir }) }).spec.process.cwd).toBe(expected)
  })

  test('of root has Docker’s capabilities', () => {
    const { capabilities, user, noNewPrivileges } = specOf().spec.process
    expect(capabilities.effective).toHaveLength(14)
    expect(capabilities).toMatchObject({
      bounding: capabilities.effective,
      permitted: capabilities.effective,
      inheritable: [],
      ambient: [],
    })
    expect(user).toEqual({ uid: 0, gid: 0, umask: 0o022, additionalGids: [10] })
    expect(noNewPrivileges).toBe(false)
  })

  test('of another user has none but what setuid programs may get', () => {
    const { capabilities, user, env } = specOf({ user: app }).spec.process
    expect(capabilities).toMatchObject({ effective: [], permitted: [], inheritable: [], ambient: [] })
    expect(capabilities.bounding).toHaveLength(14)
    expect(user).toMatchObject({ uid: 1000, gid: 7, additionalGids: [10, 29] })
    expect(env).toContain('HOME=/home/app')
  })

  test('gets the options', () => {
    const asked = { terminal: true, readOnly: true, hostname: 'web', env: ['A=2'], allLabels: false }
    const { spec } = specOf({ options: asked, image: imageOf({ Env: ['A=1', 'B=1'] }) })
    expect(spec.process).toMatchObject({ terminal: true })
    expect(spec.process.env.slice(0, 2)).toEqual(['A=2', 'B=1'])
    expect(spec.process.env).toEqual(expect.arrayContaining(['TERM=xterm', 'HOSTNAME=web']))
    expect(spec).toMatchObject({ hostname: 'web', root: { path: 'rootfs', readonly: true } })
  })

  test('is on a host named after the image', () => {
    const { spec } = specOf()
    expect(spec.hostname).toBe('0123456789ab')
    expect(spec.process.env).toContain('HOSTNAME=0123456789ab')
    expect(spec.root.readonly).toBe(false)
  })
})

describe('a bundle of root', () => {
  test('has its own namespaces, no mappings, and no devices', () => {
    const { spec } = specOf()
    expect(typesOf(spec)).toEqual(['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts'])
    expect(spec.linux.resources).toEqual({ devices: [{ allow: false, access: 'rwm' }] })
    expect(spec.linux).not.toHaveProperty('uidMappings')
    expect(spec.linux.maskedPaths).toContain('/proc/kcore')
    expect(spec.linux.readonlyPaths).toContain('/proc/sys')
  })

  test('mounts what runc spec does, in its order', () => {
    expect(specOf().spec.mounts.map(({ destination, type }) => `${type} ${destination}`)).toEqual([
      'proc /proc',
      'tmpfs /dev',
      'devpts /dev/pts',
      'tmpfs /dev/shm',
      'mqueue /dev/mqueue',
      'sysfs /sys',
      'cgroup /sys/fs/cgroup',
    ])
  })
})

describe('a bundle without privileges', () => {
  test('is as runc spec --rootless has it', () => {
    const { spec } = specOf({ accounts: ALONE })
    expect(typesOf(spec)).toEqual(['cgroup', 'ipc', 'mount', 'pid', 'user', 'uts'])
    expect(spec.linux).not.toHaveProperty('resources')
    expect(spec.mounts.find(({ destination }) => destination === '/sys')).toEqual({
      destination: '/sys',
      type: 'none',
      source: '/sys',
      options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'],
    })
    expect(
      spec.mounts.flatMap((mount) => mount.options ?? []).filter((each) => /^[ug]id=/.test(each)),
    ).toEqual([])
    expect(spec.mounts).toHaveLength(7)
  })

  test('maps the user, and its ranges', () => {
    expect(specOf({ accounts: ALONE }).spec.linux).toMatchObject({
      uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 1001, size: 1 }],
    })
    expect(specOf({ accounts: RANGE }).spec.linux).toMatchObject({
      uidMappings: [
        { containerID: 0, hostID: 1000, size: 1 },
        { containerID: 1, hostID: 100_000, size: 65_536 },
      ],
      gidMappings: [
        { containerID: 0, hostID: 1001, size: 1 },
        { containerID: 1, hostID: 200_000, size: 100 },
      ],
    })
  })

  test.each([
    ['root', root, ALONE, [0, 0], []],
    ['root, with ranges', root, RANGE, [0, 0], []],
    ['a mapped user', { ...app, additionalGids: [] }, RANGE, [1000, 7], []],
    ['a mapped user with groups', app, RANGE, [1000, 7], ['groups-left-out']],
    ['a user, without ranges', app, ALONE, [0, 0], ['user-not-mapped']],
    ['the last ids', { ...app, uid: 65_536, gid: 100 }, RANGE, [65_536, 100], ['groups-left-out']],
    ['a uid beyond', { ...app, uid: 65_537 }, RANGE, [0, 0], ['user-not-mapped']],
    ['a gid beyond', { ...app, gid: 101 }, RANGE, [0, 0], ['user-not-mapped']],
    ['without gids', app, { ...RANGE, subGids: undefined }, [0, 0], ['user-not-mapped']],
  ])('%s', (_, user, accounts, [uid, gid], warned) => {
    const { spec, codes } = specOf({ user, accounts })
    expect(spec.process.user).toEqual({ uid, gid, umask: 0o022, additionalGids: [] })
    expect(codes).toEqual(warned)
    expect(spec.process.capabilities.effective).toHaveLength(uid === 0 ? 14 : 0)
    expect(spec.process.env).toContain(`HOME=${user.home}`)
  })

  test('says whom the process runs as instead', () => {
    const { warnings } = runtimeSpec({
      image: imageOf(),
      imageID: `sha256:${'a'.repeat(64)}`,
      options,
      user: app,
      accounts: ALONE,
      volumes: [],
    })
    expect(warnings[0]!.message).toMatch(/1000:7.*0:0.*1000:1001/)
  })
})

describe('volumes', () => {
  test('are the image’s folders, writable, parents first', () => {
    const volumes = [
      { destination: '/var/lib/db/log', source: 'rootfs/var/lib/db/log' },
      { destination: 'var//lib/db/', source: 'rootfs/var/lib/db' },
    ]
    const { spec, codes } = specOf({ volumes })
    expect(spec.mounts.slice(7)).toEqual([
      { destination: '/var/lib/db', type: 'bind', source: 'rootfs/var/lib/db', options: ['rbind', 'rw'] },
      {
        destination: '/var/lib/db/log',
        type: 'bind',
        source: 'rootfs/var/lib/db/log',
        options: ['rbind', 'rw'],
      },
    ])
    expect(codes).toEqual([])
  })

  test('never lie over the kernel’s files', () => {
    const places = ['/', '/proc', '/proc/../proc/x', '/sys/fs', '/dev', '/../dev/shm', '/a\0b']
    const volumes = places.map((destination) => ({ destination, source: 'rootfs/x' }))
    const { spec, codes, details } = specOf({ volumes })
    expect(spec.mounts).toHaveLength(7)
    expect(codes).toEqual(['volumes-left-out'])
    expect(details[0]!.split('\n')).toHaveLength(7)
    expect(specOf({ volumes: [{ destination: '/process', source: 'x' }] }).codes).toEqual([])
  })
})

describe('annotations', () => {
  const IMAGE = 'org.opencontainers.image.'
  const rest = {
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    author: 'Ann',
    created: '2024-01-01T00:00:00Z',
  }

  test('say what the image says', () => {
    const image = imageOf(
      {
        StopSignal: 'SIGINT',
        ExposedPorts: { '443/tcp': {}, '80/tcp': {}, '80/sctp': {} },
        Labels: { k: 'v' },
      },
      rest,
    )
    expect(specOf({ image, reference: 'docker.io/library/x:1' }).spec.annotations).toEqual({
      [`${IMAGE}os`]: 'linux',
      [`${IMAGE}architecture`]: 'arm64',
      [`${IMAGE}variant`]: 'v8',
      [`${IMAGE}author`]: 'Ann',
      [`${IMAGE}created`]: '2024-01-01T00:00:00Z',
      [`${IMAGE}stopSignal`]: 'SIGINT',
      [`${IMAGE}exposedPorts`]: '80/sctp,80/tcp,443/tcp',
      [`${IMAGE}ref.name`]: 'docker.io/library/x:1',
      k: 'v',
    })
  })

  test('are only those that there is something to say of', () => {
    expect(Object.keys(specOf().spec.annotations)).toEqual([`${IMAGE}os`, `${IMAGE}architecture`])
  })

  test('of a label come before what is computed', () => {
    const image = imageOf({ Labels: { [`${IMAGE}author`]: 'Bob', [`${IMAGE}os`]: '' } }, rest)
    expect(specOf({ image }).spec.annotations).toMatchObject({
      [`${IMAGE}author`]: 'Bob',
      [`${IMAGE}os`]: '',
    })
  })

  const LABELS = {
    'run.oci.hooks.stdin': '1',
    'org.systemd.property.ExecStart': '2',
    'io.containerd.x': '3',
    'cdi.k8s.io/gpu': '4',
    'io.kubernetes.cri-o.x': '5',
    'org.criu.config': '6',
    'io.katacontainers.config.x': '7',
    'dev.gvisor.x': '8',
  }

  test('a runtime acts on are left out, in one warning', () => {
    const { spec, codes, details } = specOf({ image: imageOf({ Labels: { ...LABELS, 'run.ocixyz': 'y' } }) })
    expect(Object.keys(spec.annotations).slice(2)).toEqual(['run.ocixyz'])
    expect(codes).toEqual(['labels-left-out'])
    expect(details[0]!.split('\n')).toEqual(Object.keys(LABELS))
  })

  test('a runtime acts on come along where they are asked for', () => {
    const { spec, codes } = specOf({
      image: imageOf({ Labels: { ...LABELS, '': 'none' } }),
      options: { ...options, allLabels: true },
    })
    expect(spec.annotations).toMatchObject(LABELS)
    expect(Object.keys(spec.annotations)).not.toContain('')
    expect(codes).toEqual(['labels-left-out'])
  })
})
