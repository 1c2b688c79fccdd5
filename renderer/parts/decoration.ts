import type { Icon, IconProps } from '@tabler/icons-react'
import { createElement, type FunctionComponent } from 'react'

/** The icon for eyes only: what it stands for is said by the words beside it, or by the name of its button. */
export function decoration(icon: Icon): FunctionComponent<IconProps> {
  return (props) => createElement(icon, { 'aria-hidden': true, ...props })
}
