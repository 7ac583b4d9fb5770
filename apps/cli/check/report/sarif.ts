import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { Log, Notification, ReportingDescriptor, Result } from 'sarif';
import { keyOf, type WalledViolation } from '../baseline/baseline.js';
import type { Rule } from '../wall.js';
import { exitCodeOf, type Report, STALE_MEND } from './report.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const ROOT = 'SRCROOT';

/** For programs that show findings of many tools: SARIF 2.1.0. */
export function sarifReport(report: Report, version: string): string {
  const rules = report.walls.flatMap((wall) => wall.rules);
  const log: Log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'seamline check', semanticVersion: version, rules: rules.map(descriptor) } },
        originalUriBaseIds: { [ROOT]: { uri: `${pathToFileURL(report.root).href.replace(/\/$/, '')}/` } },
        invocations: [
          {
            executionSuccessful: exitCodeOf(report) !== 2,
            exitCode: exitCodeOf(report),
            toolExecutionNotifications: notifications(report),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: results(report.fresh, rules),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor({ name, wall, why, mend }: Rule): ReportingDescriptor {
  return {
    id: name,
    shortDescription: { text: why },
    fullDescription: { text: `${why} ${mend}` },
    help: { text: `${why}\n\n${mend}`, markdown: `${why}\n\n**Mend:** ${mend}` },
    defaultConfiguration: { level: 'error' },
    properties: { tags: [wall] },
  };
}

/** Results that break one rule about one thing in one file are told apart by their order. */
function results(violations: readonly WalledViolation[], rules: readonly Rule[]): Result[] {
  const indexes = new Map(rules.map(({ name }, index) => [name, index]));
  const times = new Map<string, number>();
  return violations.map((violation) => {
    const { rule, file, line, what } = violation;
    const key = keyOf(violation);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    const uri = file.split('/').map(encodeURIComponent).join('/');
    const region = line === undefined ? {} : { region: { startLine: line } };
    return {
      ruleId: rule,
      ruleIndex: indexes.get(rule) ?? -1,
      level: 'error',
      message: { text: what },
      locations: [{ physicalLocation: { artifactLocation: { uri, uriBaseId: ROOT }, ...region } }],
      partialFingerprints: fingerprints(key, time),
    };
  });
}

/** The first is the one by which GitHub recognises what it has shown before. */
function fingerprints(key: string, time: number): Record<string, string> {
  const print = `${createHash('sha256').update(key).digest('hex').slice(0, 32)}:${time}`;
  return { primaryLocationLineHash: print, 'seamlineViolation/v1': print };
}

/** What is wrong and no violation of a rule. */
function notifications({ checks, walls, stale, baseline }: Report): Notification[] {
  const error = (text: string): Notification => ({ level: 'error', message: { text } });
  return [
    ...[...checks, ...walls].flatMap(({ name, trouble }) =>
      trouble === undefined ? [] : [error(`${name} could not look. ${trouble}`)],
    ),
    ...checks.flatMap(({ name, problems, report }) =>
      problems === 0 ? [] : [error(`${name}: ${problems} wrong.\n${report.trim()}`)],
    ),
    ...stale.map(({ rule, file, subject, count }) =>
      error(`${baseline} lists what is no longer there. ${rule}: ${file} ${subject}, ${count} of it. ${STALE_MEND}`),
    ),
    ...walls.flatMap(({ name, notes }) =>
      notes.map((note): Notification => ({ level: 'note', message: { text: `${name}: ${note}` } })),
    ),
  ];
}
