/** Colours by what they are for. All text stands out from what it stands on by 4.5 to 1 or more, in both. */
interface Palette {
  readonly canvas: string;
  readonly frame: string;
  readonly card: string;
  readonly line: string;
  readonly ink: string;
  readonly muted: string;
  readonly command: string;
  readonly event: string;
  readonly query: string;
  readonly mixed: string;
  readonly wrong: string;
  readonly 'wrong-tint': string;
}

const LIGHT: Palette = {
  canvas: '#fbfaf8',
  frame: '#f1efea',
  card: '#ffffff',
  line: '#d9d5cc',
  ink: '#1d2430',
  muted: '#5a6270',
  command: '#1a56c4',
  event: '#0a6e4f',
  query: '#8235bd',
  mixed: '#5a6270',
  wrong: '#c8102e',
  'wrong-tint': '#fdebed',
};

const DARK: Palette = {
  canvas: '#12161c',
  frame: '#191f27',
  card: '#222a34',
  line: '#384352',
  ink: '#eceff4',
  muted: '#a3aebd',
  command: '#86b6ff',
  event: '#5bd3a5',
  query: '#d0a2ff',
  mixed: '#a3aebd',
  wrong: '#ff7d8b',
  'wrong-tint': '#3b1c23',
};

export const FONT = `'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif`;
export const MONO = `ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace`;

/** The colours as CSS variables of an element: those that the reader's system asks for. */
export function colours(element: string): string {
  return `${element} { ${variables(LIGHT)} }
@media (prefers-color-scheme: dark) { ${element} { ${variables(DARK)} } }`;
}

/** The same where a reader may choose, by `data-theme`; paper is always light. */
export function colourThemes(): string {
  return `:root { color-scheme: light; ${variables(LIGHT)} }
:root[data-theme=dark] { color-scheme: dark; ${variables(DARK)} }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { color-scheme: dark; ${variables(DARK)} } }
@media print { :root:is([data-theme], :not([data-theme])) { color-scheme: light; ${variables({ ...LIGHT, canvas: '#ffffff' })} } }`;
}

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}
