import { randomInt } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ImageError } from '../../shared/errors.ts'
import type { FileSource } from '../../shared/uri.ts'
import { listCandidates } from '../../main/inputs/stored/candidates.ts'
import { DirReader } from '../../main/inputs/stored/directory.ts'
import { LayoutImage } from '../../main/inputs/stored/layout.ts'
import { TarfileImage } from '../../main/inputs/stored/tarfile.ts'
import { dockerArchiveMembers, ociFiles, type Flavour } from '../support/archive-members.ts'
import { memoryIndex, testContext, type TestContext } from '../support/context.ts'
import { sha256 } from '../support/digests.ts'
import { compressed, sampleImage, writeLayout, writePythonDirectory } from '../support/image-builder.ts'
import {
  below,
  mutateBytes,
  mutateHeader,
  mutateJson,
  mutatePax,
  pick,
  randomOf,
  type Random,
} from '../support/mutations.ts'
import { packTar, type FileSpec } from '../support/tar-builder.ts'
import { testTask } from '../support/task.ts'

const FLAVOURS: readonly Flavour[] = [
  'docker-1.10',
  'docker-24',
  'docker-25',
  'docker-25-gzip',
  'podman',
  'legacy',
]
const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31))
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 10_000)
/** Far above what any of them takes: a mutation that takes this long is a hang in the making. */
const SLOW = 10_000

const image = sampleImage()
const seeds: readonly (readonly FileSpec[])[] = [
  ...FLAVOURS.map((flavour) => dockerArchiveMembers([image], flavour)),
  ...([{ layers: 'gzip' }, { layers: 'zstd', nesting: 2, hasAttestations: true }] as const).map((options) =>
    [...ociFiles([image], options)].map(([path, content]) => ({ path, content })),
  ),
]

const tars = seeds.map(packTar)
const compressedTars = tars.flatMap((tar) => [compressed(tar, 'gzip'), compressed(tar, 'zstd')])

/** Documents hide behind digests; half of the time they are put where their new digest says, so that what is behind them is reached. */
function mutateDocument(members: readonly FileSpec[], random: Random): Buffer {
  const isDocument = ({ content }: FileSpec) =>
    /^[[{]/.test(Buffer.from(content ?? '').toString('latin1', 0, 1))
  const member = pick(random, members.filter(isDocument))
  const before = Buffer.from(member.content ?? '')
  const after = Buffer.from(mutateJson(before.toString(), random))
  const renames: readonly (readonly [string, string])[] =
    below(random, 2) === 0
      ? [
          [sha256(before).slice(7), sha256(after).slice(7)],
          [`"size":${before.length}`, `"size":${after.length}`],
        ]
      : []
  const renamed = (text: string) => renames.reduce((text, [from, to]) => text.replaceAll(from, to), text)
  return packTar(
    members.map((other) => ({
      ...other,
      path: renamed(String(other.path)),
      content:
        other === member ? after : isDocument(other) ? renamed(String(other.content)) : (other.content ?? ''),
    })),
  )
}

function mutated(random: Random): Buffer {
  switch (below(random, 8)) {
    case 0:
    case 1:
      return mutateBytes(pick(random, tars), random)
    case 2:
    case 3:
      return mutateHeader(pick(random, tars), random)
    case 4:
      return mutatePax(pick(random, seeds), random)
    case 5:
      return mutateBytes(pick(random, compressedTars), random)
    default:
      return mutateDocument(pick(random, seeds), random)
  }
}

/** Everything the program does with an input: what is there, what it is, every entry, every byte. */
async function readAll(path: string, context: TestContext): Promise<void> {
  const fresh = { ...context, index: memoryIndex(), listings: memoryIndex() }
  for (const { source } of await listCandidates(path, fresh, testTask())) {
    await using input = await openSource(source, fresh)
    await input.inspect(testTask())
    for await (const [type, , layer] of input.fetch(() => 'again', testTask())) {
      if (type !== 'layer' || !layer) continue
      await layer.entries()
      for await (const chunk of layer.stream()) void chunk
      expect(layer.isVerified).toBe(true)
    }
  }
}

function openSource(source: FileSource, context: TestContext) {
  if (source.kind === 'tar') return TarfileImage.open(source, context, testTask())
  if (source.kind === 'layout') return LayoutImage.open(source, context, testTask())
  return DirReader.open(source, context, testTask())
}

/** Undefined where it was read, or the code of the refusal; whatever else is thrown is a fault of ours. */
async function outcomeOf(path: string, context: TestContext): Promise<string> {
  const start = performance.now()
  try {
    await readAll(path, context)
    return 'read'
  } catch (error) {
    if (!(error instanceof ImageError) || error.code === 'internal') throw error
    // One sentence, with nothing in it that a terminal would act on.
    expect(error.message).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e]+[.]$/)
    return error.code
  } finally {
    expect(performance.now() - start).toBeLessThan(SLOW)
  }
}

async function report(number: number, reading: Promise<string>): Promise<string> {
  return reading.catch((error: unknown) => {
    throw new Error(`mutation ${number} of FUZZ_SEED=${SEED}`, { cause: error })
  })
}

test(`${COUNT} mutated archives are read or refused (FUZZ_SEED=${SEED})`, async () => {
  await using context = await testContext()
  const outcomes = new Map<string, number>()
  for (let number = 0; number < COUNT; number++) {
    const path = context.path('mutated.tar')
    await writeFile(path, mutated(randomOf(SEED + number)))
    const outcome = await report(number, outcomeOf(path, context))
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  // The mutations must reach deep: some are still images, and the others fail in every way that there is.
  for (const outcome of ['read', 'malformed', 'truncated', 'digest-mismatch', 'missing-blob', 'not-an-image'])
    expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(0)
  expect((await readdir(context.folder)).filter((name) => !name.startsWith('.cache'))).toEqual([
    'mutated.tar',
  ])
}, 600_000)

test(`mutated folders are read or refused (FUZZ_SEED=${SEED})`, async () => {
  await using context = await testContext()
  await writeLayout(context.path('layout'), [image, sampleImage(['b:2'])], { nesting: 1 })
  await writePythonDirectory(context.path('images'), [image, sampleImage(['b:2'])], { uniqueNames: true })
  await writeFile(context.path('victim'), 'untouched')
  for (let number = 0; number < COUNT / 20; number++) {
    const random = randomOf(SEED + number)
    const folder = context.path(pick(random, ['layout', 'images']))
    const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )
    const entry = pick(random, names)
    const path = join(entry.parentPath, entry.name)
    const before = await readFile(path)
    const isDocument = /^[[{]/.test(before.toString('latin1', 0, 1))
    const after = isDocument
      ? Buffer.from(mutateJson(before.toString(), random))
      : mutateBytes(before, random)
    if (below(random, 10) === 0) await rm(path)
    else await writeFile(path, after)
    await report(number, outcomeOf(folder, context))
    await writeFile(path, before)
  }
  expect(await readFile(context.path('victim'), 'utf8')).toBe('untouched')
}, 600_000)
