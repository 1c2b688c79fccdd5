import { useMantineColorScheme } from '@mantine/core'
import { useEffect } from 'react'
import { useSettings } from '../queries.ts'

/** Draws in the theme of the settings. Mantine keeps the last one in localStorage, so that the first paint is right already. */
export function useTheme(): void {
  const theme = useSettings().data?.theme
  const { setColorScheme } = useMantineColorScheme()
  useEffect(() => {
    if (theme) setColorScheme(theme === 'system' ? 'auto' : theme)
  }, [theme, setColorScheme])
}
