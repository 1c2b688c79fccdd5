import { useEffect, useRef, useState } from 'react'

/** How far back a rate looks, in milliseconds: long enough to be calm, short enough to follow a change. */
const SPAN = 4000

interface Sample {
  readonly at: number
  readonly done: number
}

/** Bytes per second over the last samples; null while there are too few to tell. */
export function rateOf(samples: readonly Sample[]): number | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (!first || !last || last.at - first.at < 500) return null
  return ((last.done - first.done) / (last.at - first.at)) * 1000
}

/** The samples with a new one, without those that are too old; a count that went back starts anew. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1)
  if (last && sample.done < last.done) return [sample]
  return [...samples.filter(({ at }) => sample.at - at <= SPAN), sample]
}

/** The rate of a count of bytes that grows, in bytes per second. */
export function useRate(done: number, isRunning: boolean): number | null {
  const samples = useRef<readonly Sample[]>([])
  const [rate, setRate] = useState<number | null>(null)
  useEffect(() => {
    if (!isRunning) return
    samples.current = withSample(samples.current, { at: performance.now(), done })
    setRate(rateOf(samples.current))
  }, [done, isRunning])
  return isRunning ? rate : null
}
