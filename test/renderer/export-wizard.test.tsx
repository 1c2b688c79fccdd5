import { act, screen, waitFor } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import { useEffect } from 'react'
import { afterEach, describe, expect, test } from 'vitest'
import { ExportWizard } from '../../renderer/export/export-wizard.tsx'
import { useClient } from '../../renderer/client.ts'
import { watchJobs } from '../../renderer/jobs/watch-jobs.ts'
import { useShell } from '../../renderer/store.ts'
import { debian, digestOf, jobState, type FakeClient } from '../support/fake-client.ts'
import { renderPart, resetWindow, type RenderOptions } from '../support/render.tsx'

afterEach(resetWindow)

function Wizard() {
  const client = useClient()
  useEffect(() => {
    const controller = new AbortController()
    void watchJobs(client, { onEnd: () => {}, onLayerIndexed: () => {} }, controller.signal)
    return () => controller.abort()
  }, [client])
  return <ExportWizard />
}

const click = (user: UserEvent, name: string): Promise<void> =>
  user.click(screen.getByRole('button', { name }))

/** From the first step to the review, with a chosen place. */
async function toReview(user: UserEvent, options: RenderOptions = {}): Promise<FakeClient> {
  const { fake } = renderPart(<Wizard />, {
    host: { pickSave: async () => '/out/debian-12.tar' },
    ...options,
  })
  act(() => useShell.getState().openExport(debian))
  await click(user, 'Next')
  await click(user, 'Next')
  await click(user, 'Choose…')
  await waitFor(() =>
    expect(screen.getByRole('button', { name: 'Next' }).hasAttribute('disabled')).toBe(false),
  )
  await click(user, 'Next')
  return fake
}

async function start(user: UserEvent, options?: RenderOptions): Promise<FakeClient> {
  const fake = await toReview(user, options)
  await screen.findByText(/^occystrap process/)
  await click(user, 'Export')
  await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(1))
  return fake
}

const ofJob = { id: 'job-1', title: 'Export debian:12', started: 1000 }

describe('the steps', () => {
  test('only what works is offered: four formats', () => {
    renderPart(<Wizard />)
    act(() => useShell.getState().openExport(debian))
    expect(screen.getAllByRole('radio').map((card) => card.textContent.slice(0, 14))).toEqual([
      'Docker archive',
      'Directory of i',
      'OCI bundleA fo',
      'Overlay mounts',
    ])
  })

  test('a bad name is told under its box and cannot be passed', async () => {
    const user = userEvent.setup()
    renderPart(<Wizard />)
    act(() => useShell.getState().openExport(debian))
    await click(user, 'Next')
    await user.type(screen.getByLabelText('Name and tag'), 'BAD//name')
    expect(screen.getByText(/is not a repository's name/)).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Next' }).hasAttribute('disabled')).toBe(true)
  })

  test('back keeps what was said', async () => {
    const user = userEvent.setup()
    renderPart(<Wizard />, { host: { pickFolder: async () => '/out' } })
    act(() => useShell.getState().openExport(debian))
    await user.click(screen.getByRole('radio', { name: /Directory of images/ }))
    await click(user, 'Next')
    await user.type(screen.getByLabelText('Name and tag'), 'acme/tool:2')
    await user.click(screen.getByLabelText('Normalise timestamps'))
    await click(user, 'Next')
    await click(user, 'Choose…')
    await screen.findByText('/out', { exact: false })
    await click(user, 'Back')
    await click(user, 'Back')
    expect(screen.getByRole('radio', { name: /Directory of images/, checked: true })).toBeTruthy()
    await click(user, 'Next')
    expect(screen.getByLabelText<HTMLInputElement>('Name and tag').value).toBe('acme/tool:2')
    expect(screen.getByLabelText<HTMLInputElement>('Normalise timestamps').checked).toBe(true)
    await click(user, 'Next')
    expect(screen.getByRole('button', { name: 'Change…' })).toBeTruthy()
  })

  test('the save dialog is asked for a name made from the image', async () => {
    const user = userEvent.setup()
    const asked: unknown[] = []
    await toReview(user, {
      host: {
        pickSave: async (options) => {
          asked.push(options)
          return '/out/x.tar'
        },
      },
    })
    expect(asked).toEqual([{ suggestedName: 'debian-12.tar', purpose: 'export' }])
  })
})

describe('a bundle', () => {
  const asked: unknown[] = []
  async function toBundleReview(user: UserEvent, options: (user: UserEvent) => Promise<void>) {
    const { fake } = renderPart(<Wizard />, {
      host: {
        pickSave: async (options) => {
          asked.push(options)
          return '/out/debian-12-bundle'
        },
      },
    })
    act(() => useShell.getState().openExport(debian))
    await user.click(screen.getByRole('radio', { name: /OCI bundle/ }))
    await click(user, 'Next')
    await options(user)
    await click(user, 'Next')
    await click(user, 'Choose…')
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Next' }).hasAttribute('disabled')).toBe(false),
    )
    await click(user, 'Next')
    await screen.findByText(/^occystrap process/)
    return fake
  }

  test('that root writes is started by root: nothing is asked', async () => {
    const user = userEvent.setup()
    renderPart(<Wizard />, { info: { isRoot: true } })
    act(() => useShell.getState().openExport(debian))
    await user.click(screen.getByRole('radio', { name: /OCI bundle/ }))
    await click(user, 'Next')
    expect(screen.getByLabelText('Terminal')).toBeTruthy()
    expect(screen.queryByLabelText('Started by')).toBeNull()
  })

  test('is asked for what its process gets, and a wrong line cannot be passed', async () => {
    const user = userEvent.setup()
    const fake = await toBundleReview(user, async () => {
      expect(screen.queryByLabelText('Name and tag')).toBeNull()
      await user.type(screen.getByLabelText('Extra environment'), 'PATH')
      expect(screen.getByText(/"PATH" is not a variable/)).toBeTruthy()
      expect(screen.getByRole('button', { name: 'Next' }).hasAttribute('disabled')).toBe(true)
      await user.type(screen.getByLabelText('Extra environment'), '=/bin{Enter}A=1')
      await user.type(screen.getByLabelText('Command'), 'sh -c "ls /"')
      await user.type(screen.getByLabelText('Host name'), 'box')
      await user.click(screen.getByLabelText('Terminal'))
      await user.click(screen.getByLabelText('Me'))
    })
    expect(asked).toEqual([{ suggestedName: 'debian-12-bundle', purpose: 'export-bundle' }])
    expect(
      screen.getByText("runs sh -c 'ls /', 2 extra variables, host name box, a terminal, started by you"),
    ).toBeTruthy()
    expect(fake.callsOf('jobs.preflight').at(-1)).toMatchObject({
      output: {
        kind: 'oci',
        path: '/out/debian-12-bundle',
        terminal: true,
        readOnly: false,
        hostname: 'box',
        env: ['PATH=/bin', 'A=1'],
        args: ['sh', '-c', 'ls /'],
        rootless: true,
        allLabels: false,
      },
    })
  })

  test.each([
    ['root', 'Run it as root.', 'runc'],
    ['user', 'Run it as yourself.', 'crun'],
    ['user', 'Run it as yourself.', undefined],
  ] as const)(
    'done: the line that starts it, as %s, and what was left out',
    async (startedBy, words, runtime) => {
      const user = userEvent.setup()
      const fake = await toBundleReview(user, async () => {})
      await click(user, 'Export')
      await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(1))
      fake.push([
        jobState({
          ...ofJob,
          phase: 'done',
          ended: 4000,
          outcome: {
            path: '/out/debian-12-bundle',
            bytesWritten: 3_000_000,
            startedBy,
            ...(runtime ? { runtime } : {}),
          },
          warnings: [
            { code: 'lost-device', message: '2 devices could not be made.', detail: 'dev/a\ndev/b' },
          ],
        }),
      ])
      expect(await screen.findByText('Try it')).toBeTruthy()
      expect(
        screen.getByText(`${runtime ?? 'runc'} run --bundle /out/debian-12-bundle debian-12`),
      ).toBeTruthy()
      expect(screen.getByText(words)).toBeTruthy()
      expect(screen.queryByText(/^Neither runc nor crun/) === null).toBe(runtime !== undefined)
      await user.click(screen.getByText('2 devices could not be made.'))
      expect(screen.getByText(/dev\/a\s+dev\/b/)).toBeTruthy()
    },
  )
})

describe('overlay mounts', () => {
  async function toMountsReview(user: UserEvent, info: RenderOptions['info'], isMounted: boolean) {
    const asked: unknown[] = []
    const { fake } = renderPart(<Wizard />, {
      info: info ?? {},
      host: {
        pickSave: async (options) => {
          asked.push(options)
          return '/out/debian-12-mounts'
        },
      },
    })
    act(() => useShell.getState().openExport(debian))
    await user.click(screen.getByRole('radio', { name: /Overlay mounts/ }))
    await click(user, 'Next')
    const box = screen.getByLabelText<HTMLInputElement>('Mount it when it is written')
    if (isMounted) await user.click(box)
    expect(box.disabled).toBe(info?.isRoot !== true)
    await click(user, 'Next')
    await click(user, 'Choose…')
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Next' }).hasAttribute('disabled')).toBe(false),
    )
    await click(user, 'Next')
    await screen.findByText(/^occystrap process/)
    expect(asked).toEqual([{ suggestedName: 'debian-12-mounts', purpose: 'export-mounts' }])
    return fake
  }

  const output = { kind: 'mounts', path: '/out/debian-12-mounts', mount: false } as const
  const spec = { kind: 'convert', input: debian, filters: [], output } as const
  const outcome = { path: output.path, imageID: digestOf('c'), references: ['docker.io/library/debian:12'] }
  const mountSpec = {
    kind: 'mount',
    path: output.path,
    imageID: digestOf('c'),
    reference: 'docker.io/library/debian:12',
  } as const

  test('are mounted by root when they are written', async () => {
    const user = userEvent.setup()
    const fake = await toMountsReview(user, { isRoot: true }, true)
    expect(screen.getByText('mounted when it is written')).toBeTruthy()
    expect(fake.callsOf('jobs.preflight').at(-1)).toEqual({
      ...spec,
      filters: [],
      output: { ...output, mount: true },
    })
  })

  test('done: the lines for a terminal, and the same by two buttons', async () => {
    const user = userEvent.setup()
    const fake = await toMountsReview(user, { isRoot: true }, false)
    await click(user, 'Export')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(1))
    fake.push([
      jobState({ ...ofJob, spec: { ...spec, filters: [] }, submitted: 1, phase: 'done', ended: 2, outcome }),
    ])
    expect(await screen.findByText('sh /out/debian-12-mounts/images/cccccccccccc/mount.sh')).toBeTruthy()
    expect(screen.getByText('occystrap unmount /out/debian-12-mounts')).toBeTruthy()
    expect(screen.getByText('Not mounted yet.')).toBeTruthy()

    await click(user, 'Mount')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(2))
    expect(fake.callsOf('jobs.submit').at(-1)).toEqual(mountSpec)
    const mounted = `${output.path}/images/cccccccccccc/merged`
    const job = { id: 'job-2', spec: mountSpec, submitted: 3, started: 3, ended: 4 }
    fake.push([jobState({ ...job, phase: 'done', outcome: { path: mounted, mountedAt: mounted } })])
    expect(await screen.findByText('Mounted at')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Copy mount path' })).toBeTruthy()

    await click(user, 'Unmount')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(3))
    const unmount = { kind: 'unmount', path: output.path } as const
    expect(fake.callsOf('jobs.submit').at(-1)).toEqual(unmount)
    const last = { id: 'job-3', spec: unmount, submitted: 5, started: 5, ended: 6 }
    fake.push([jobState({ ...last, phase: 'done', outcome: { unmounted: 1 } })])
    expect(await screen.findByText('Unmounted.')).toBeTruthy()
    expect(screen.queryByText('Mounted at')).toBeNull()
  })

  test('are mounted in a terminal by whoever is not root', async () => {
    const user = userEvent.setup()
    const fake = await toMountsReview(user, {}, false)
    await click(user, 'Export')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(1))
    fake.push([
      jobState({ ...ofJob, spec: { ...spec, filters: [] }, submitted: 1, phase: 'done', ended: 2, outcome }),
    ])
    const button = await screen.findByRole('button', { name: 'Mount' })
    expect((button as HTMLButtonElement).disabled).toBe(true)
    expect(screen.getByText(/^Only root can mount from here/)).toBeTruthy()
  })

  test('that cannot be mounted here say why', async () => {
    const user = userEvent.setup()
    const fake = await toMountsReview(user, { isRoot: true }, false)
    await click(user, 'Export')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(1))
    fake.push([
      jobState({ ...ofJob, spec: { ...spec, filters: [] }, submitted: 1, phase: 'done', ended: 2, outcome }),
    ])
    await user.click(await screen.findByRole('button', { name: 'Mount' }))
    const error = {
      code: 'permission',
      message: 'This root may not mount.',
      remedy: 'Run mount.sh instead.',
    } as const
    const job = { id: 'job-2', spec: mountSpec, submitted: 3, started: 3, ended: 4 }
    fake.push([jobState({ ...job, phase: 'failed', error })])
    expect((await screen.findByRole('alert')).textContent).toContain('Run mount.sh instead.')
    expect(screen.getByText('Not mounted yet.')).toBeTruthy()
  })

  test('that are in use stay mounted when unmounting fails', async () => {
    const user = userEvent.setup()
    const fake = await toMountsReview(user, { isRoot: true }, true)
    await click(user, 'Export')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(1))
    const mountedAt = `${output.path}/images/cccccccccccc/merged`
    const done = { ...ofJob, spec: { ...spec, filters: [] }, submitted: 1, ended: 2 }
    fake.push([jobState({ ...done, phase: 'done', outcome: { ...outcome, mountedAt } })])
    await user.click(await screen.findByRole('button', { name: 'Unmount' }))
    const error = { code: 'busy', message: 'It is in use.' } as const
    const unmount = { kind: 'unmount', path: output.path } as const
    fake.push([
      jobState({ id: 'job-2', spec: unmount, submitted: 3, started: 3, ended: 4, phase: 'failed', error }),
    ])
    expect((await screen.findByRole('alert')).textContent).toContain('It is in use.')
    expect(screen.getByText('Mounted at')).toBeTruthy()
  })
})

test('a directory is asked for the merged root filesystem', async () => {
  const user = userEvent.setup()
  const { fake } = renderPart(<Wizard />, { host: { pickFolder: async () => '/out' } })
  act(() => useShell.getState().openExport(debian))
  await user.click(screen.getByRole('radio', { name: /Directory of images/ }))
  await click(user, 'Next')
  await user.click(screen.getByLabelText('Also write the merged root filesystem'))
  await click(user, 'Next')
  await click(user, 'Choose…')
  await waitFor(() =>
    expect(screen.getByRole('button', { name: 'Next' }).hasAttribute('disabled')).toBe(false),
  )
  await click(user, 'Next')
  await screen.findByText('the merged root filesystem, too')
  expect(fake.callsOf('jobs.preflight').at(-1)).toMatchObject({ output: { kind: 'dir', expand: true } })
})

describe('the review', () => {
  test('says what will be written, how much room there is, and the same on the command line', async () => {
    const user = userEvent.setup()
    const fake = await toReview(user)
    expect(await screen.findByText(/^occystrap process tar:\/\/\/images\/debian.tar/)).toBeTruthy()
    expect(screen.getByText('3.00 MB')).toBeTruthy()
    expect(screen.getByText('50.0 GB')).toBeTruthy()
    expect(fake.callsOf('jobs.preflight')).toEqual([
      {
        kind: 'convert',
        input: debian,
        filters: [],
        output: { kind: 'tar', path: '/out/debian-12.tar', compression: 'none', overwrite: true },
      },
    ])
  })

  test('nothing is started while something stands in its way', async () => {
    const user = userEvent.setup()
    const fake = await toReview(user, {
      host: { pickSave: async () => '/ro/x.tar' },
      answers: {
        jobs: {
          preflight: async () => ({
            bytes: 1,
            bytesFree: 0,
            exists: false,
            problems: [{ code: 'permission', message: '/ro cannot be written to.' }],
            notes: [],
            command: '',
          }),
        },
      },
    })
    expect(await screen.findByText('/ro cannot be written to.')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Export' }).hasAttribute('disabled')).toBe(true)
    expect(fake.callsOf('jobs.submit')).toEqual([])
  })

  test('a file that is there is named in the button', async () => {
    const user = userEvent.setup()
    await toReview(user, {
      answers: {
        jobs: {
          preflight: async () => ({
            bytes: 1,
            bytesFree: 9,
            exists: true,
            problems: [],
            notes: ['/out/debian-12.tar will be replaced.'],
            command: '',
          }),
        },
      },
    })
    expect(await screen.findByRole('button', { name: 'Replace and export' })).toBeTruthy()
    expect(screen.getByText('/out/debian-12.tar will be replaced.')).toBeTruthy()
  })
})

describe('the run', () => {
  test('shows every layer of the image, also those that wait', async () => {
    const user = userEvent.setup()
    const fake = await start(user)
    fake.push([
      jobState({
        ...ofJob,
        done: 500_000,
        total: 3_000_000,
        steps: [{ name: digestOf('1'), done: 500_000, total: 2_000_000 }],
      }),
    ])
    await screen.findByText('500 kB of 3.00 MB')
    expect(screen.getByRole('progressbar', { name: 'Layer 0' }).getAttribute('aria-valuenow')).toBe('25')
    expect(screen.getByRole('progressbar', { name: 'Layer 1' }).getAttribute('aria-valuenow')).toBe('0')
    expect(screen.getByText('waiting')).toBeTruthy()
  })

  test('cancel is asked of the main process, and what is left is said', async () => {
    const user = userEvent.setup()
    const fake = await start(user)
    fake.push([jobState({ ...ofJob })])
    await user.click(await screen.findByRole('button', { name: 'Cancel export' }))
    expect(fake.callsOf('jobs.cancel')).toEqual([{ id: 'job-1' }])
    fake.push([jobState({ ...ofJob, phase: 'cancelled', ended: 3 })])
    expect(await screen.findByText('The destination is as it was, and nothing was left behind.')).toBeTruthy()
  })

  test('done: the path, the new image ID and the next command', async () => {
    const user = userEvent.setup()
    const fake = await start(user)
    fake.push([
      jobState({
        ...ofJob,
        phase: 'done',
        ended: 4000,
        outcome: { path: '/out/debian-12.tar', imageID: digestOf('c'), bytesWritten: 3_000_000 },
      }),
    ])
    expect(await screen.findByText('docker load -i /out/debian-12.tar')).toBeTruthy()
    expect(screen.getByText('cccccccccccc')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Copy path' })).toBeTruthy()
    expect(screen.queryByRole('button', { name: /file manager/ })).toBeNull()
  })

  test('where the host can, the file is shown in its file manager', async () => {
    const user = userEvent.setup()
    const fake = await start(user, { info: { canReveal: true, platform: 'darwin' } })
    fake.push([jobState({ ...ofJob, phase: 'done', ended: 4, outcome: { path: '/out/debian-12.tar' } })])
    await user.click(await screen.findByRole('button', { name: 'Reveal in Finder' }))
    expect(fake.callsOf('system.reveal')).toEqual([{ path: '/out/debian-12.tar' }])
  })

  test('failed: what and why, then again with the same job, or back with everything kept', async () => {
    const user = userEvent.setup()
    const fake = await start(user)
    fake.push([
      jobState({
        ...ofJob,
        phase: 'failed',
        ended: 3,
        error: { code: 'no-space', message: '/out is full.' },
      }),
    ])
    expect((await screen.findByRole('alert')).textContent).toContain('/out is full.')
    await click(user, 'Try again')
    await waitFor(() => expect(fake.callsOf('jobs.submit')).toHaveLength(2))
    const [first, second] = fake.callsOf('jobs.submit')
    expect(second).toEqual(first)
    fake.push([
      jobState({ ...ofJob, id: 'job-2', phase: 'failed', ended: 3, error: { code: 'io', message: 'x' } }),
    ])
    await user.click(await screen.findByRole('button', { name: 'Back' }))
    expect(await screen.findByRole('button', { name: 'Export' })).toBeTruthy()
  })

  test('closing leaves the job alone', async () => {
    const user = userEvent.setup()
    const fake = await start(user)
    fake.push([jobState({ ...ofJob })])
    await screen.findByText(/It goes on when this is closed/)
    await user.keyboard('{Escape}')
    await waitFor(() => expect(useShell.getState().exporting).toBeNull())
    expect(fake.callsOf('jobs.cancel')).toEqual([])
  })
})
