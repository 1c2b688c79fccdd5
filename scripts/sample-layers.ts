import { encodePng } from './png.ts'
import { sampleProgram } from './sample-program.ts'

/** One thing in a layer; a path that ends in `/` is a directory, one with a `linkname` a symlink. */
export interface SampleFile {
  readonly path: string
  readonly content?: string | Buffer
  readonly linkname?: string
  readonly mode?: number
  readonly uid?: number
  /** Seconds since 1970. */
  readonly mtime: number
}

export interface SampleLayer {
  readonly createdBy: string
  readonly created: string
  readonly files: readonly SampleFile[]
}

const BASE = Date.UTC(2026, 0, 12, 9, 30) / 1000
const APP = Date.UTC(2026, 1, 3, 14, 5) / 1000
const RELEASE = Date.UTC(2026, 1, 3, 14, 12) / 1000
const APP_USER = 1000

const base: SampleLayer = {
  createdBy: '/bin/sh -c #(nop) ADD file:rootfs.tar.gz in / ',
  created: isoOf(BASE),
  files: [
    { path: 'bin', linkname: 'usr/bin', mtime: BASE },
    { path: 'etc/', mtime: BASE },
    {
      path: 'etc/os-release',
      mtime: BASE,
      content: [
        'PRETTY_NAME="Sample Linux 1 (Quiet)"',
        'NAME="Sample Linux"',
        'VERSION_ID="1"',
        'VERSION="1 (Quiet)"',
        'VERSION_CODENAME=quiet',
        'ID=sample',
        'HOME_URL="https://occystrap.example/"',
        '',
      ].join('\n'),
    },
    {
      path: 'etc/passwd',
      mtime: BASE,
      content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    },
    { path: 'etc/group', mtime: BASE, content: 'root:x:0:\nnogroup:x:65534:\n' },
    { path: 'etc/motd', mtime: BASE, content: 'This is Sample Linux. Nothing is installed yet.\n' },
    { path: 'root/', mode: 0o700, mtime: BASE },
    { path: 'tmp/', mode: 0o1777, mtime: BASE },
    { path: 'usr/', mtime: BASE },
    { path: 'usr/bin/', mtime: BASE },
    {
      path: 'usr/bin/greet',
      mode: 0o755,
      mtime: BASE,
      content: sampleProgram('Hello from the sample image.\n'),
    },
    {
      path: 'usr/bin/runas',
      mode: 0o4755,
      mtime: BASE,
      content: '#!/bin/sh\n# Setuid root, as an auditor would like to know.\nexec "$@"\n',
    },
    { path: 'usr/share/', mtime: BASE },
    { path: 'usr/share/doc/', mtime: BASE },
    { path: 'usr/share/doc/sample/', mtime: BASE },
    {
      path: 'usr/share/doc/sample/README',
      mtime: BASE,
      content: [
        'Sample Linux',
        '============',
        '',
        'A very small image to look around in. Its three layers hold what images of',
        'any size hold: files, links, a file that a later layer replaces, and one',
        'that a later layer deletes and that is still there for whoever looks.',
        '',
        'Try these:',
        '',
        '  - open the history of /etc/motd: two layers have written it;',
        '  - search for *.netrc: the final image does not show it, its layer does;',
        '  - look at /usr/bin/runas: its mode has the setuid bit;',
        '  - export the image as a tarball and load it with docker;',
        '  - export it as an OCI bundle and start it with runc.',
        '',
      ].join('\n'),
    },
    { path: 'var/', mtime: BASE },
    { path: 'var/log/', mtime: BASE },
  ],
}

const app: SampleLayer = {
  createdBy: 'COPY dir:app in /srv/app ',
  created: isoOf(APP),
  files: [
    { path: 'etc/', mtime: APP },
    { path: 'etc/motd', mtime: APP, content: 'Welcome to the sample application, release 1.0.\n' },
    { path: 'root/', mode: 0o700, mtime: APP },
    {
      path: 'root/.netrc',
      mode: 0o600,
      mtime: APP,
      content: 'machine builds.occystrap.example\n  login release\n  password not-a-real-secret\n',
    },
    { path: 'srv/', mtime: APP },
    { path: 'srv/app/', uid: APP_USER, mtime: APP },
    {
      path: 'srv/app/config.json',
      uid: APP_USER,
      mtime: APP,
      content: configOf({
        listen: '0.0.0.0:8080',
        logLevel: 'debug',
        greeting: 'Hello',
        features: ['search'],
      }),
    },
    { path: 'srv/app/logo.png', uid: APP_USER, mtime: APP, content: logo() },
    { path: 'srv/app/releases/', uid: APP_USER, mtime: APP },
    { path: 'srv/app/releases/1.0/', uid: APP_USER, mtime: APP },
    {
      path: 'srv/app/releases/1.0/notes.md',
      uid: APP_USER,
      mtime: APP,
      content: '# 1.0\n\n- The first release.\n- Grüße an alle: names and texts may be UTF-8.\n',
    },
    { path: 'srv/app/current', linkname: 'releases/1.0', uid: APP_USER, mtime: APP },
  ],
}

const release: SampleLayer = {
  createdBy: '/bin/sh -c rm /root/.netrc && sed -i s/debug/info/ /srv/app/config.json',
  created: isoOf(RELEASE),
  files: [
    { path: 'root/', mode: 0o700, mtime: RELEASE },
    { path: 'root/.wh..netrc', mode: 0o600, mtime: RELEASE, content: '' },
    { path: 'srv/', mtime: APP },
    { path: 'srv/app/', uid: APP_USER, mtime: RELEASE },
    {
      path: 'srv/app/config.json',
      uid: APP_USER,
      mtime: RELEASE,
      content: configOf({
        listen: '0.0.0.0:8080',
        logLevel: 'info',
        greeting: 'Hello',
        features: ['search'],
      }),
    },
    { path: 'var/', mtime: BASE },
    { path: 'var/log/', mtime: RELEASE },
    {
      path: 'var/log/build.log',
      mtime: RELEASE,
      content: '2026-02-03T14:12:00Z removed /root/.netrc\n2026-02-03T14:12:00Z set logLevel to info\n',
    },
  ],
}

/** Base first. The second replaces a file of the first, the third replaces one and deletes another of the second. */
export const sampleLayers: readonly SampleLayer[] = [base, app, release]

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function configOf(config: unknown): string {
  return `${JSON.stringify(config, null, 2)}\n`
}

/** Three stacked bars in the colours of three layers. */
function logo(): Buffer {
  const size = 96
  const pixels = Buffer.alloc(size * size * 4)
  const bars = [
    { from: 16, to: 34, colour: [0xf2, 0x8e, 0x2b, 0xff] },
    { from: 39, to: 57, colour: [0x2b, 0x8a, 0xb0, 0xff] },
    { from: 62, to: 80, colour: [0x33, 0x4e, 0x68, 0xff] },
  ]
  for (const { from, to, colour } of bars)
    for (let y = from; y < to; y++)
      for (let x = 14; x < size - 14; x++) pixels.set(colour, (y * size + x) * 4)
  return encodePng(size, size, pixels, 0)
}
