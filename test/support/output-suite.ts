import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageInput, ImageOutput } from '../../main/image/element.ts'
import { pipe } from '../../main/image/pipe.ts'
import { openInput, openOutput } from '../../main/engine/build.ts'
import { runJob } from '../../main/engine/run-job.ts'
import type { Workspace } from '../../main/store/workspace.ts'
import { reportOf } from '../../shared/errors.ts'
import type { DestinationSpec, SourceSpec } from '../../shared/uri.ts'
import { testContext, type TestContext } from './context.ts'
import { workspaceOf } from './conversion.ts'
import { NthChangeFails } from './faults.ts'
import { snapshotOf } from './folder-snapshot.ts'
import { buildImage, sampleImage, writeDockerArchive, type BuiltImage } from './image-builder.ts'
import { testTask } from './task.ts'

/** What is the same for every output: which destination it writes, and how what it wrote is read back. */
export interface OutputKind {
  readonly name: string
  destination(path: string): DestinationSpec
  source(path: string): SourceSpec
}

/** Two layers, one of them twice, of more than one buffer of the writer. */
function repeatingImage(): BuiltImage {
  const base = sampleImage()
  const large = [{ path: 'large', content: Buffer.alloc(2_500_000, 'x') }]
  const first = base.layers[0]?.tar as Buffer
  return buildImage({ layers: [first, large, first], references: ['quay.io/team/app:1.0', 'app:latest'] })
}

async function withImage<T>(
  image: BuiltImage,
  work: (context: TestContext, input: SourceSpec, workspace: Workspace) => Promise<T>,
): Promise<T> {
  await using context = await testContext()
  await writeDockerArchive(image, context.path('source.tar'), { flavour: 'docker-25-gzip' })
  return await work(context, { kind: 'tar', path: context.path('source.tar') }, workspaceOf(context))
}

async function convert(input: SourceSpec, output: DestinationSpec, workspace: Workspace, task = testTask()) {
  return runJob({ kind: 'convert', input, filters: [], output }, workspace, task)
}

/** The image that an input yields: its config, and its layers' bytes in order. */
async function readBack(input: ImageInput) {
  const layers: string[] = []
  let imageID: string | undefined
  const task = testTask()
  for await (const [type, name, data] of input.fetch(() => 'again', task)) {
    if (type === 'config') imageID = name
    else if (data) {
      const chunks: Buffer[] = []
      for await (const chunk of data.stream()) chunks.push(Buffer.from(chunk))
      expect(Buffer.concat(chunks).length).toBe(data.size)
      layers.push(name)
    }
  }
  return { imageID, layers }
}

/** Rules that bind every output (main/image/element.ts). */
export function describeOutput(kind: OutputKind): void {
  describe(`${kind.name} as an output`, () => {
    it('gives back the image with its ID, layers and names', () =>
      withImage(repeatingImage(), async (context, source, workspace) => {
        const image = repeatingImage()
        const outcome = await convert(source, kind.destination(context.path('out')), workspace)
        expect(outcome.imageID).toBe(image.imageID)
        expect(outcome.references).toEqual(['quay.io/team/app:1.0', 'app:latest'])
        await using input = await openInput(kind.source(context.path('out')), workspace, testTask())
        expect(await readBack(input)).toEqual({
          imageID: image.imageID,
          layers: image.layers.map((layer) => layer.diffID),
        })
      }))

    it('writes the same bytes each time, whatever is in the layer index', () =>
      withImage(repeatingImage(), async (context, source, workspace) => {
        mkdirSync(context.path('a'))
        mkdirSync(context.path('b'))
        await convert(source, kind.destination(context.path('a/out')), workspace)
        expect(context.index.layers.size).toBe(2)
        await convert(source, kind.destination(context.path('b/out')), workspace)
        expect(snapshotOf(context.path('a'))).toEqual(snapshotOf(context.path('b')))
      }))

    it('asks for a repeated layer once', () =>
      withImage(repeatingImage(), async (context, source, workspace) => {
        await using input = await openInput(source, workspace, testTask())
        await using output = await openOutput(
          kind.destination(context.path('out')),
          await input.inspect(testTask()),
          testTask(),
        )
        const needs: string[] = []
        const counting: ImageOutput = {
          fetchCallback: async (diffID) => {
            const need = await output.fetchCallback(diffID)
            needs.push(need)
            return need
          },
          processImageElement: (...element) => output.processImageElement(...element),
          finalize: () => output.finalize(),
          [Symbol.asyncDispose]: async () => {},
        }
        await pipe(input, counting, testTask())
        expect(needs.map((need) => need === 'skip')).toEqual([false, false, true])
      }))

    it('shows nothing before it is final, and leaves nothing when it is left', () =>
      withImage(sampleImage(), async (context, source, workspace) => {
        const folder = context.path('place')
        mkdirSync(folder)
        await using input = await openInput(source, workspace, testTask())
        const output = await openOutput(
          kind.destination(join(folder, 'out')),
          await input.inspect(testTask()),
          testTask(),
        )
        for await (const element of input.fetch((diffID) => output.fetchCallback(diffID), testTask()))
          await output.processImageElement(...element)
        expect(readdirSync(folder)).not.toContain('out')
        await output[Symbol.asyncDispose]()
        await output[Symbol.asyncDispose]()
        expect(snapshotOf(folder)).toEqual({})
      }))

    it('leaves the place as it was, whichever change to the disk fails', () =>
      withImage(sampleImage(), async (context, source, workspace) => {
        const folder = context.path('place')
        mkdirSync(folder)
        const destination = kind.destination(join(folder, 'out'))
        const other = context.path('other.tar')
        await writeDockerArchive(repeatingImage(), other)
        const overNothing = async (): Promise<void> => {
          rmSync(folder, { recursive: true })
          mkdirSync(folder)
        }
        const overAnother = async (): Promise<void> => {
          await overNothing()
          await convert({ kind: 'tar', path: other }, destination, workspace)
        }
        for (const prepare of [overNothing, overAnother]) {
          await prepare()
          const before = snapshotOf(folder)
          let n = 0
          let isWhole = false
          while (!isWhole) {
            using faults = await NthChangeFails.make(++n)
            const error = await convert(source, destination, workspace).then(() => undefined, reportOf)
            if (error) {
              expect(error, `change ${n}`).toMatchObject({ code: 'io' })
              expect(snapshotOf(folder), `change ${n}`).toEqual(before)
            } else if (faults.isOver) {
              // A failure that does no harm: what is written is whole.
              faults[Symbol.dispose]()
              await prepare()
            } else isWhole = true
          }
          expect(n).toBeGreaterThan(5)
        }
      }))

    it('leaves the place as it was when it is cancelled at any layer', () =>
      withImage(repeatingImage(), async (context, source, workspace) => {
        const folder = context.path('place')
        mkdirSync(folder)
        for (let after = 1; ; after++) {
          const task = testTask()
          let seen = 0
          const counting = {
            ...task,
            progress: () => {
              if (++seen === after) task.cancel()
            },
          }
          const outcome = await convert(
            source,
            kind.destination(join(folder, 'out')),
            workspace,
            counting,
          ).catch(reportOf)
          if (!('code' in outcome)) break
          expect(outcome.code).toBe('cancelled')
          expect(snapshotOf(folder)).toEqual({})
        }
      }))

    it('clears what a dead process left beside it and keeps what a living one is making', () =>
      withImage(sampleImage(), async (context, source, workspace) => {
        const folder = context.path('place')
        mkdirSync(folder)
        const { ownerMark } = await import('../../main/image/process-owner.ts')
        const [host] = ownerMark().split('-')
        // No process has id 2^22 + 1: Linux' largest is 2^22.
        const dead = `.occystrap-${host}-4194305-1-0123456789abcdef.tmp`
        const alive = `.occystrap-${ownerMark()}-0123456789abcdef.tmp`
        for (const name of [dead, alive]) {
          mkdirSync(join(folder, name))
          writeFileSync(join(folder, name, 'image.tar'), 'half')
        }
        await convert(source, kind.destination(join(folder, 'out')), workspace)
        expect(readdirSync(folder).sort()).toEqual([alive, 'out'])
      }))

    describe('refuses before anything is written', () => {
      const cases: readonly (readonly [name: string, code: string, make: (folder: string) => string])[] = [
        ['a parent that is missing', 'not-found', (folder) => join(folder, 'missing', 'out')],
        [
          'a parent that is a file',
          'io',
          (folder) => {
            writeFileSync(join(folder, 'file'), '')
            return join(folder, 'file', 'out')
          },
        ],
        [
          'a pipe in its place',
          'exists',
          (folder) => {
            execFileSync('mkfifo', [join(folder, 'pipe')])
            return join(folder, 'pipe')
          },
        ],
        ['a device in its place', 'exists', () => '/dev/null'],
        [
          'a link to nothing in its place',
          kind.name === 'tarball' ? 'exists' : 'not-found',
          (folder) => {
            symlinkSync('nowhere', join(folder, 'link'))
            return join(folder, 'link')
          },
        ],
        ['its own source', 'exists', (folder) => join(folder, '..', 'source.tar')],
      ]
      for (const [name, code, make] of cases)
        it(name, () =>
          withImage(sampleImage(), async (context, source, workspace) => {
            const folder = context.path('place')
            mkdirSync(folder)
            const path = make(folder)
            const before = snapshotOf(context.folder)
            const error = await convert(source, kind.destination(path), workspace).catch(
              (error: unknown) => error,
            )
            expect(reportOf(error)).toMatchObject({ code })
            expect(snapshotOf(context.folder)).toEqual(before)
          }),
        )
    })
  })
}
