import { useEffect, useState, type JSX } from 'react'

/** A count that changes with every key pressed is said once it rests, in milliseconds. */
const REST = 500

/** Heard, not seen: a text that a screen reader says once it rests. A dialog has its own: what lies behind it is not heard. */
export function Said({ text }: { readonly text: string }): JSX.Element {
  const [said, setSaid] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), REST)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className="hidden" role="status" aria-live="polite" aria-atomic="true">
      {said}
    </div>
  )
}
