import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = [
  '#e8f6f7',
  '#d0eaec',
  '#a5d6da',
  '#79c4ca',
  '#55b3bb',
  '#2f9aa4',
  '#16838d',
  '#0c6b74',
  '#08565e',
  '#053f45',
]

/** The greys of dark surfaces in global.css, from ink to sunken: Mantine's own are warmer. */
const dark: MantineColorsTuple = [
  '#e3e8ec',
  '#c3ccd3',
  '#9dabb7',
  '#85939f',
  '#39434b',
  '#2c343b',
  '#20262c',
  '#15191d',
  '#101316',
  '#0b0d0f',
]

/** Controls are as tall as rows (28 px); type is set at 13 px, in rem so that it scales to 200 %. */
export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 4 },
  colors: { petrol, dark },
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.8125rem', lg: '0.9375rem', xl: '1.25rem' },
  fontWeights: { regular: '400', medium: '500', bold: '600' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.4', xl: '1.3' },
  headings: {
    fontFamily: 'var(--font-text)',
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.3' },
      h2: { fontSize: '0.9375rem', lineHeight: '1.4' },
      h3: { fontSize: '0.8125rem', lineHeight: '1.4' },
    },
  },
  spacing: { xs: '0.25rem', sm: '0.5rem', md: '0.75rem', lg: '1rem', xl: '1.5rem' },
  defaultRadius: 'sm',
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { size: 28, variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Radio: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Spotlight: { defaultProps: { overlayProps: { backgroundOpacity: 0.32 }, shadow: 'none' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, transitionProps: { duration: 80 } } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        padding: 'lg',
        shadow: 'none',
        transitionProps: { transition: 'fade', duration: 100 },
        overlayProps: { backgroundOpacity: 0.32 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Menu: { defaultProps: { shadow: 'sm', transitionProps: { duration: 80 } } },
    Popover: { defaultProps: { shadow: 'sm', transitionProps: { duration: 80 } } },
  },
})

const surfaces = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-dim)',
  '--mantine-color-placeholder': 'var(--ink-faint)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-error': 'var(--bad)',
}

/** Mantine draws with our surfaces (global.css), so that its parts and ours are one. */
export const variables: CSSVariablesResolver = () => ({ variables: {}, light: surfaces, dark: surfaces })
