import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../user-error.js';
import { WALLS } from '../wall.js';
import type { BaselineEntry } from './baseline.js';

/** Below the root, unless --baseline names another. */
export const USUAL_FILE = '.seamline-baseline.json';

/** By wall, rule, file and subject: how often. So two branches that each mend something merge without a conflict. */
const Baseline = z.strictObject({
  $comment: z.string().optional(),
  version: z.literal(1),
  violations: z.partialRecord(
    z.enum(WALLS),
    z.record(z.string(), z.record(z.string(), z.record(z.string(), z.int().positive()))),
  ),
});

const COMMENT =
  'Violations that were there when the checks began: by wall, rule, file and subject, how often. Only new ones fail. Written by "npx seamline check --write-baseline".';

/**
 * What a baseline lists; undefined where there is no such file.
 * @throws UserError for a file that is no baseline
 */
export async function readBaseline(file: string): Promise<BaselineEntry[] | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw notABaseline(file, error.message);
  });
  if (text === undefined) return undefined;
  const { violations } = parse(file, text);
  return Object.entries(violations).flatMap(([wall, rules]) =>
    entriesOf(rules).flatMap(([rule, files]) =>
      entriesOf(files).flatMap(([place, subjects]) =>
        entriesOf(subjects).map(([subject, count]) => ({
          wall: wall as BaselineEntry['wall'],
          rule,
          file: place,
          subject,
          count,
        })),
      ),
    ),
  );
}

export async function writeBaseline(file: string, entries: readonly BaselineEntry[]): Promise<void> {
  const violations = grouped(entries, 'wall', (ofWall) =>
    grouped(ofWall, 'rule', (ofRule) =>
      grouped(ofRule, 'file', (ofFile) =>
        grouped(ofFile, 'subject', (same) => same.reduce((sum, { count }) => sum + count, 0)),
      ),
    ),
  );
  const text = `${JSON.stringify({ $comment: COMMENT, version: 1, violations }, null, 2)}\n`;
  await writeFile(file, text).catch((error: Error) => {
    throw new UserError(`The baseline cannot be written: ${error.message}.`, 'Name another file with --baseline.', 2);
  });
}

const entriesOf = <Value>(record: Readonly<Record<string, Value>> | undefined): [string, Value][] =>
  Object.entries(record ?? {});

/** Sorted by name, so that the same violations always make the same text. */
function grouped<Value>(
  entries: readonly BaselineEntry[],
  by: 'wall' | 'rule' | 'file' | 'subject',
  inner: (entries: readonly BaselineEntry[]) => Value,
): Record<string, Value> {
  const groups = [...Map.groupBy(entries, (entry) => entry[by])];
  return Object.fromEntries(
    groups.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, among]) => [name, inner(among)]),
  );
}

function parse(file: string, text: string): z.infer<typeof Baseline> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notABaseline(file, (error as Error).message);
  }
  const read = Baseline.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw notABaseline(file, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function notABaseline(file: string, reason: string): UserError {
  const mend = 'Restore it from your version control, or delete it and run "npx seamline check --write-baseline".';
  return new UserError(`${file} is no baseline: ${reason.split('\n')[0]}.`, mend, 2);
}
