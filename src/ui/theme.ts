import { type CSSVariablesResolver, createTheme } from '@mantine/core';

/** Colours are chosen so that text has a contrast of 4.5 at least in both schemes; tests/panel-pages.test.ts asks axe. */
export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 7, dark: 7 },
  colors: {
    sea: [
      ...(['#e8f5f8', '#d3e8ee', '#aad2dd', '#82c0cf', '#62b0c2'] as const),
      ...(['#3f9db3', '#2f8ba1', '#1c6d81', '#0f5f72', '#004f60'] as const),
    ],
    dark: [
      ...(['#d5dade', '#b3bac1', '#8c959d', '#59636c', '#3d464e'] as const),
      ...(['#2f373e', '#262d33', '#1b2025', '#15191d', '#0f1215'] as const),
    ],
  },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { transitionProps: { duration: 100 } } },
    Tooltip: { defaultProps: { multiline: true, maw: 360, events: { hover: true, focus: true, touch: true } } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#56606a',
    '--mantine-color-placeholder': '#66707a',
    '--mantine-color-error': '#b42318',
    '--mantine-color-red-outline': '#b42318',
    '--mantine-color-red-text': '#b42318',
    '--mantine-color-red-light-color': '#b42318',
    '--mantine-color-red-filled': '#c4281c',
    '--mantine-color-red-filled-hover': '#a8201a',
  },
  dark: {
    '--mantine-color-dimmed': '#a2abb3',
    '--mantine-color-placeholder': '#949da6',
    '--mantine-color-anchor': '#7cc4d4',
    '--mantine-color-error': '#ff9a8d',
    '--mantine-color-red-outline': '#ff9a8d',
    '--mantine-color-red-text': '#ff9a8d',
    '--mantine-color-red-light-color': '#ff9a8d',
    '--mantine-color-red-filled': '#c4281c',
  },
});
