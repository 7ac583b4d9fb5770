import type { Files } from '../plan.js';

/** A place in a file that speaks of what stays here, and what is said instead. */
interface Edit {
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

const editsFor = (name: string): readonly Edit[] => [
  { file: 'apps/cli/main.ts', from: /import \{ replayCommand \} from '\.\/replay\.js';\n/, to: '' },
  { file: 'apps/cli/main.ts', from: /\s+replayCommand,/, to: '' },
  { file: 'apps/cli/new.ts', from: /import \{ WHOLE_REPOSITORIES \} from '\.\/new\/project\/commands\.js';\n/, to: '' },
  { file: 'apps/cli/new.ts', from: /,\s+\.\.\.WHOLE_REPOSITORIES/, to: '' },
  { file: 'apps/cli/new.ts', from: /, or a project of your own,/, to: '' },
  { file: 'apps/cli/new.ts', from: /\n {2}\$ npx seamline new project \.\.\/library/, to: '' },
  { file: 'apps/host/boot.ts', from: /title: 'Seamline'/, to: `title: '${name}'` },
  { file: 'apps/host/boot.ts', from: /A small shop in six modules\./, to: 'All modules, in one document.' },
  { file: 'apps/host/boot.ts', from: /The part of a small shop that lives/, to: 'The part that lives' },
  { file: 'biome.json', from: / {6}"!data",\n/, to: '' },
  { file: 'biome.json', from: / {6}"!bench\/results",\n/, to: '' },
  { file: 'jest.config.js', from: /\{apps,src,test\}/, to: '{apps,src/modules,test}' },
  { file: 'tsconfig.json', from: /, "bench"\]/, to: ']' },
  { file: 'tsconfig.json', from: /, "bench\/\*\/peers"\]/, to: ']' },
];

/**
 * The files without a word about what they no longer stand beside, under the name of the project.
 * @throws when one has changed since an edit was written
 */
export function edited(files: Files, name: string): Files {
  const texts: Record<string, string> = { ...files };
  for (const { file, from, to } of editsFor(name)) {
    const parts = texts[file]?.split(from);
    if (parts?.length !== 2) throw new Error(`${file} has not exactly once what is to be edited in it: ${from}`);
    texts[file] = parts.join(to);
  }
  return texts;
}
