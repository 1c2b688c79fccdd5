import { ImageError } from '../../shared/errors.ts'

/** The error with the thing it is about at its start: codecs know that gzip data is damaged, their callers know whose. */
export function namedError(error: unknown, name: string): unknown {
  if (!(error instanceof ImageError) || error.message.includes(name)) return error
  const { code, message, remedy, detail } = error
  return new ImageError(
    code,
    `${name} cannot be read: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
      ...(detail === undefined ? {} : { detail }),
    },
  )
}
