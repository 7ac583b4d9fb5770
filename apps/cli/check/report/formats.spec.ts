import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { type BaselineEntry, judge } from '../baseline/baseline.js';
import type { CheckOutcome, WallOutcome } from '../outcome.js';
import type { Rule, Violation } from '../wall.js';
import { githubReport } from './github.js';
import { humanReport } from './human.js';
import { jsonReport } from './json.js';
import { exitCodeOf, type Report } from './report.js';
import { sarifReport } from './sarif.js';

const RULES: readonly Rule[] = [
  { name: 'no-leaks', wall: 'imports', why: 'A leak is 100% wet, as a rule.', mend: 'Mend it:\nat once.' },
  { name: 'no-noise', wall: 'imports', why: 'Noise wakes people.', mend: 'Be quiet.' },
];
const leak = (file: string, line: number | undefined, subject: string): Violation => {
  return { rule: 'no-leaks', file, line, what: `leaks ${subject}, 50% of it`, subject };
};
const NOISE: Violation = { rule: 'no-noise', file: 'src/b.ts', line: 2, what: 'makes noise', subject: 'noise' };

/** Out of order, with the same thing twice, in files whose names no format may take literally. */
const VIOLATIONS = [
  leak('src/ü #1, 100%:a.ts', 9, 'water'),
  NOISE,
  leak('src/b.ts', 10, 'oil'),
  leak('src/b.ts', 2, 'oil'),
  leak('src/b.ts', undefined, 'gas'),
];

interface Given {
  readonly violations?: readonly Violation[];
  readonly entries?: readonly BaselineEntry[];
  readonly trouble?: string;
  readonly types?: Partial<CheckOutcome>;
}

function reportOf({ violations = VIOLATIONS, entries, trouble, types }: Given = {}): Report {
  const walls: WallOutcome[] = [
    { name: 'imports', seconds: 1.23456, rules: RULES, violations, notes: ['took its time'] },
    { name: 'database', seconds: 0.1, rules: [], violations: [], notes: [], trouble },
  ];
  const checks: CheckOutcome[] = types ? [{ name: 'types', seconds: 2, problems: 0, report: '', ...types }] : [];
  const baseline = entries && '.seamline-baseline.json';
  return { root: '/home/me/my shop', checks, walls, baseline, ...judge(walls, entries ?? []) };
}

const OIL: BaselineEntry = { wall: 'imports', rule: 'no-leaks', file: 'src/b.ts', subject: 'oil', count: 1 };
const GONE: BaselineEntry = { wall: 'imports', rule: 'no-noise', file: 'src/gone.ts', subject: 'noise', count: 2 };

describe('a report', () => {
  it('has its violations in the order of files, lines and rules', () => {
    const places = reportOf().fresh.map(({ file, line, rule, subject }) => [file, line, rule, subject].join(' '));
    expect(places).toEqual([
      'src/b.ts  no-leaks gas',
      'src/b.ts 2 no-leaks oil',
      'src/b.ts 2 no-noise noise',
      'src/b.ts 10 no-leaks oil',
      'src/ü #1, 100%:a.ts 9 no-leaks water',
    ]);
  });

  it('counts as clean, wrong or not looked at', () => {
    expect(exitCodeOf(reportOf({ violations: [] }))).toBe(0);
    expect(exitCodeOf(reportOf())).toBe(1);
    expect(exitCodeOf(reportOf({ violations: [], entries: [GONE] }))).toBe(1);
    expect(exitCodeOf(reportOf({ violations: [], types: { problems: 1 } }))).toBe(1);
    expect(exitCodeOf(reportOf({ violations: [], types: { trouble: 'tsc is not installed.' } }))).toBe(2);
    expect(exitCodeOf(reportOf({ trouble: 'There is no server.' }))).toBe(2);
  });

  it('judges no entry of a wall that could not look', () => {
    const entry: BaselineEntry = { ...GONE, wall: 'database' };
    expect(reportOf({ entries: [entry] }).stale).toEqual([entry]);
    expect(reportOf({ entries: [entry], trouble: 'There is no server.' }).stale).toEqual([]);
  });
});

describe('for people', () => {
  it('what is wrong stands below its rule, and a table of all at the end', () => {
    const text = humanReport(
      reportOf({ entries: [OIL, GONE], types: { problems: 2, report: 'a.ts is wrong\n' } }),
      false,
    );
    expect(text.split('\n')).toEqual([
      '',
      'types',
      '─────',
      'a.ts is wrong',
      '',
      'imports',
      '───────',
      'no-leaks',
      '  A leak is 100% wet, as a rule.',
      '  → Mend it: at once.',
      '',
      '  src/b.ts leaks gas, 50% of it',
      '  src/b.ts:10 leaks oil, 50% of it',
      '  src/ü #1, 100%:a.ts:9 leaks water, 50% of it',
      '',
      'no-noise',
      '  Noise wakes people.',
      '  → Be quiet.',
      '',
      '  src/b.ts:2 makes noise',
      '',
      'baseline',
      '────────',
      '.seamline-baseline.json lists what is no longer there. Burn it down: run "npx seamline check --write-baseline" and commit what it writes.',
      '',
      '  imports no-noise: src/gone.ts noise (2 of it)',
      '',
      'types         2 wrong       2.0 s',
      'imports       4 wrong       1.2 s  1 known',
      'database      ok            0.1 s',
      '',
      '4 violations of 2 rules. 1 known violation in .seamline-baseline.json, to be burnt down. 2 more that it lists are gone.',
      '',
    ]);
  });

  it('colours only add to the text', () => {
    const report = reportOf({ trouble: 'There is no server.' });
    const coloured = humanReport(report, true);
    expect(coloured).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(humanReport(report, false));
  });
});

describe('as JSON', () => {
  it('it has the documented shape', () => {
    const report = reportOf({
      entries: [OIL, GONE],
      trouble: 'There is no server.',
      types: { problems: 1, report: 'a' },
    });
    const document = JSON.parse(jsonReport(report));
    expect(document).toEqual({
      version: 1,
      root: '/home/me/my shop',
      exitCode: 2,
      checks: [{ name: 'types', seconds: 2, problems: 1, report: 'a' }],
      walls: [
        { name: 'imports', seconds: 1.235, rules: 2, violations: 4, known: 1, notes: ['took its time'] },
        {
          name: 'database',
          seconds: 0.1,
          rules: 0,
          violations: 0,
          known: 0,
          notes: [],
          trouble: 'There is no server.',
        },
      ],
      rules: RULES,
      violations: expect.any(Array),
      baseline: { file: '.seamline-baseline.json', stale: [GONE] },
    });
    expect(document.violations[0]).toEqual({
      wall: 'imports',
      rule: 'no-leaks',
      file: 'src/b.ts',
      what: 'leaks gas, 50% of it',
      subject: 'gas',
    });
    expect(document.violations).toHaveLength(4);
  });

  it('every property is in docs/check.md', () => {
    const page = readFileSync('docs/check.md', 'utf8');
    const report = reportOf({ entries: [GONE], trouble: 'There is no server.', types: {} });
    const names = new Set<string>();
    JSON.parse(jsonReport(report), (name, value) => {
      if (name !== '' && !/^\d+$/.test(name)) names.add(name);
      return value;
    });
    for (const name of names) expect(page).toMatch(new RegExp(`[\`.]${name}(?:\\[\\])?\``));
  });
});

describe('for GitHub', () => {
  it('every violation is an annotation, and nothing in it ends it early', () => {
    const { violations } = {
      violations: [VIOLATIONS[0] as Violation, leak('src/b.ts', undefined, 'gas\r\n::error::x')],
    };
    expect(githubReport(reportOf({ violations }), '/elsewhere').split('\n')).toEqual([
      '::error file=src/b.ts,title=no-leaks::leaks gas%0D%0A::error::x, 50%25 of it%0AA leak is 100%25 wet, as a rule.%0AMend it:%0Aat once.',
      '::error file=src/ü #1%2C 100%25%3Aa.ts,line=9,title=no-leaks::leaks water, 50%25 of it%0AA leak is 100%25 wet, as a rule.%0AMend it:%0Aat once.',
      '',
    ]);
  });

  it('files are found from the checkout, also where the root is a folder of it', () => {
    const violations = [NOISE];
    expect(githubReport(reportOf({ violations }), '/home/me')).toContain('file=my shop/src/b.ts,');
    expect(githubReport(reportOf({ violations }), '/home/me/my shop')).toContain('file=src/b.ts,');
  });

  it('what could not look, what else is wrong and what is gone are annotations too', () => {
    const given = {
      violations: [],
      entries: [GONE],
      trouble: 'No server.',
      types: { problems: 1, report: 'a.ts\nb.ts\n' },
    };
    expect(githubReport(reportOf(given), '/').split('\n')).toEqual([
      '::error title=database could not look::No server.',
      '::error title=types%3A 1 wrong::a.ts%0Ab.ts',
      expect.stringMatching(
        /^::error file=\.seamline-baseline\.json,title=baseline::no-noise: src\/gone\.ts noise: 2 of it /,
      ),
      '',
    ]);
  });
});

describe('as SARIF', () => {
  const {
    $schema: _draft,
    id: _id,
    ...schema
  } = JSON.parse(readFileSync('test/walls/sarif-schema-2.1.0.json', 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  const isSarif = ajv.compile(schema);
  const logOf = (given: Given = {}): Log => JSON.parse(sarifReport(reportOf(given), '1.2.3'));

  it('it is valid by the standard, whatever it has to say', () => {
    const all: Given[] = [
      {},
      { violations: [] },
      { entries: [OIL, GONE], trouble: 'There is no server.', types: { problems: 1, report: 'wrong' } },
      { types: { trouble: 'tsc is not installed.' } },
    ];
    for (const given of all) {
      isSarif(logOf(given));
      expect(isSarif.errors).toBeNull();
    }
    expect(isSarif({ ...logOf(), version: '2.0.0' })).toBe(false);
  });

  it('every result says which rule, where and what', () => {
    const [run] = logOf().runs;
    expect(run?.originalUriBaseIds).toEqual({ SRCROOT: { uri: 'file:///home/me/my%20shop/' } });
    const [gas, oil, , , water] = run?.results ?? [];
    expect(water).toMatchObject({
      ruleId: 'no-leaks',
      ruleIndex: 0,
      level: 'error',
      message: { text: 'leaks water, 50% of it' },
    });
    expect(water?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'src/%C3%BC%20%231%2C%20100%25%3Aa.ts', uriBaseId: 'SRCROOT' },
      region: { startLine: 9 },
    });
    expect(gas?.locations?.[0]?.physicalLocation).not.toHaveProperty('region');
    expect(run?.tool.driver.rules?.[oil?.ruleIndex ?? -1]).toMatchObject({
      id: 'no-leaks',
      shortDescription: { text: 'A leak is 100% wet, as a rule.' },
      help: { markdown: 'A leak is 100% wet, as a rule.\n\n**Mend:** Mend it:\nat once.' },
    });
  });

  it('a result keeps its fingerprint when its line moves, and shares it with no other', () => {
    const prints = (violations: readonly Violation[]) =>
      (logOf({ violations }).runs[0]?.results ?? []).map((each) => each.partialFingerprints?.primaryLocationLineHash);
    const before = prints(VIOLATIONS);
    expect(prints(VIOLATIONS.map((each) => ({ ...each, line: (each.line ?? 0) + 1 })))).toEqual(before);
    expect(new Set(before).size).toBe(VIOLATIONS.length);
  });

  it('what could not look is told of, and the run counts as not successful', () => {
    const [run] = logOf({ trouble: 'There is no server.' }).runs;
    expect(run?.invocations?.[0]).toMatchObject({
      executionSuccessful: false,
      exitCode: 2,
      toolExecutionNotifications: [
        { level: 'error', message: { text: 'database could not look. There is no server.' } },
        { level: 'note', message: { text: 'imports: took its time' } },
      ],
    });
  });
});
