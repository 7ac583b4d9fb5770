import { extname } from 'node:path';

/** By what the files are usually called; kept apart from what draws them, so that the command line is fast. */
const ENDINGS = {
  markdown: ['.md', '.markdown'],
  mermaid: ['.mmd', '.mermaid'],
  svg: ['.svg'],
  html: ['.html', '.htm'],
  json: ['.json'],
} as const;

export type FormatName = keyof typeof ENDINGS;
export const FORMAT_NAMES = Object.keys(ENDINGS) as FormatName[];

/** The format that a file's name asks for. */
export function formatOf(file: string): FormatName | undefined {
  const ending = extname(file).toLowerCase();
  return FORMAT_NAMES.find((name) => (ENDINGS[name] as readonly string[]).includes(ending));
}
