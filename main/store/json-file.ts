import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { withFileLock } from './file-lock.ts'
import { clearLeftovers, temporaryName } from './owner.ts'

/**
 * A small document on disk. Written whole (temporary name, fsync, rename), changed under a lock so that two instances lose nothing of
 * each other's, and where it cannot be read kept aside as `.bad` and begun anew.
 */
export class JsonFile<Schema extends z.ZodType> {
  readonly #path: string
  readonly #schemaOf: () => Promise<Schema>
  readonly #fallback: (schema: Schema) => z.infer<Schema>

  /** The schema is made when it is needed: not every start looks into every document. */
  constructor(path: string, schemaOf: () => Promise<Schema>, fallback: (schema: Schema) => z.infer<Schema>) {
    this.#path = path
    this.#schemaOf = schemaOf
    this.#fallback = fallback
  }

  /** What it holds; the fallback where there is none or it is damaged. */
  async read(): Promise<z.infer<Schema>> {
    const [text, schema] = [await this.#text(), await this.#schemaOf()]
    return (text === undefined ? undefined : parsed(schema, text)) ?? this.#fallback(schema)
  }

  /** Replaces the document by what `change` makes of it, and answers that. */
  async update(change: (document: z.infer<Schema>) => z.infer<Schema>): Promise<z.infer<Schema>> {
    const schema = await this.#schemaOf()
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    return withFileLock(this.#path, async () => {
      await clearLeftovers(dirname(this.#path))
      const text = await this.#text()
      const before = text === undefined ? this.#fallback(schema) : parsed(schema, text)
      if (before === undefined) await rename(this.#path, `${this.#path}.bad`)
      const after = change(before ?? this.#fallback(schema))
      await this.#write(`${JSON.stringify(after, null, 2)}\n`)
      return after
    })
  }

  async #text(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  async #write(text: string): Promise<void> {
    const temporary = temporaryName(this.#path)
    try {
      const handle = await open(temporary, 'wx', 0o600)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, this.#path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, text: string): z.infer<Schema> | undefined {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
