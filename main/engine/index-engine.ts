import { shortDigest, type Digest } from '../../shared/digest.ts'
import { reportOf } from '../../shared/errors.ts'
import type { JobOutcome } from '../../shared/job.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import type { EngineImage } from '../../shared/remote.ts'
import { assertAnswers } from '../docker/choose-engine.ts'
import { engineImages } from '../docker/engines.ts'
import type { Task } from '../image/element.ts'
import type { Workspace } from '../store/workspace.ts'
import { openInput } from './build.ts'
import { indexLayers } from './index-layers.ts'

/**
 * Reads what is not known yet of an engine's images, one after the other. One that cannot be read is a warning, and the rest goes on; fails
 * where the engine itself is gone or the disk is full, as the rest would fail alike.
 */
export async function indexEngine(socket: string, workspace: Workspace, task: Task): Promise<JobOutcome> {
  const images = await engineImages(socket, task.signal)
  const known = await knownIDs(workspace)
  const unknown = images.filter(({ id }) => !known.has(id))
  const steps = unknown.map((image, i) => new ImageStep(task, i + 1, unknown.length, image))
  let imagesRead = 0
  let imagesFailed = 0
  let imagesKnown = images.length - unknown.length
  for (const step of steps) {
    await task.pauseHere?.()
    task.signal.throwIfAborted()
    try {
      if (await indexImage(socket, step, workspace)) imagesRead++
      else imagesKnown++
    } catch (error) {
      task.signal.throwIfAborted()
      const { code, message, remedy, detail } = reportOf(error)
      if (code === 'no-space') throw error
      await assertAnswers(socket, task.signal)
      imagesFailed++
      task.warn({
        code: 'image-not-read',
        message: `${visible(step.name)} was not read: ${message}`,
        ...(remedy === undefined && detail === undefined
          ? {}
          : { detail: [remedy, detail].filter((text) => text !== undefined).join('\n') }),
      })
    }
    step.end()
  }
  return { imagesRead, imagesKnown, imagesFailed }
}

/** Whether anything of it had to be read. */
async function indexImage(socket: string, step: ImageStep, workspace: Workspace): Promise<boolean> {
  const source = { kind: 'docker', image: step.image, socket } as const
  await using input = await openInput(source, workspace, step.task)
  const { read } = await indexLayers(input, source, workspace, step.task)
  return read > 0
}

/**
 * What an engine calls the images that were opened before and of which every layer has been read: by the config's digest, or where
 * containerd keeps them by the manifest's.
 */
async function knownIDs({ catalogue, index }: Workspace): Promise<ReadonlySet<Digest>> {
  const ids = new Set<Digest>()
  for (const { imageID, digest, layers } of await catalogue.all()) {
    const areRead = await Promise.all(layers.map(({ diffID }) => index.has(diffID)))
    if (!areRead.every(Boolean)) continue
    ids.add(imageID)
    if (digest !== undefined) ids.add(digest)
  }
  return ids
}

/** The one step that all the reading of one image is. */
class ImageStep {
  /** What opens it: its first name, or its ID where it has none. */
  readonly image: string
  /** For people. */
  readonly name: string
  readonly task: Task
  readonly #whole: Task
  readonly #step: string
  /** Bytes, as the engine counts them: more than is read where some layers are known. */
  readonly #size: number
  readonly #parts = new Map<string, number>()
  #done = 0

  constructor(whole: Task, number: number, count: number, { id, references, size }: EngineImage) {
    const [reference] = references
    this.image = reference ?? id
    this.name = reference === undefined ? shortDigest(id) : familiarName(reference)
    this.#whole = whole
    this.#step = `${number} of ${count}: ${this.name}`
    this.#size = size
    this.task = { ...partsOf(whole), progress: (part, done) => this.#progress(part, done) }
    whole.progress(this.#step, 0, size)
  }

  /** Nothing more is read of it: what was expected beyond does not come. */
  end(): void {
    this.#whole.progress(this.#step, this.#done, this.#done)
  }

  #progress(part: string, done: number): void {
    this.#done += done - (this.#parts.get(part) ?? 0)
    this.#parts.set(part, done)
    // Who watches takes a step that is whole for an image that is searched: that it is at its end only.
    this.#whole.progress(this.#step, this.#done, Math.max(this.#size, this.#done + 1))
  }
}

/** All of a task but its progress: its methods may need their `this`. */
function partsOf(task: Task): Omit<Task, 'progress'> {
  return {
    signal: task.signal,
    warn: (warning) => task.warn(warning),
    ...(task.pauseHere ? { pauseHere: () => task.pauseHere?.() ?? Promise.resolve() } : {}),
  }
}
