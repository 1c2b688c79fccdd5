import type { JSX } from 'react'

/** The program's mark: layers, the top one lit. */
export function Logo(): JSX.Element {
  return (
    <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
      <g fill="none" stroke="var(--accent)" strokeWidth="2.6" strokeLinejoin="round" strokeLinecap="round">
        <path d="m4 11.5 12-6 12 6-12 6z" fill="var(--accent)" fillOpacity=".22" />
        <path d="m4 17 12 6 12-6" />
        <path d="m4 22.5 12 6 12-6" strokeOpacity=".5" />
      </g>
    </svg>
  )
}
