import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { contractsWall } from '#apps/cli/check/contracts/contracts-wall';
import { RULES } from '#apps/cli/check/contracts/rules';
import type { Violation } from '#apps/cli/check/wall';
import { type Files, withSourceTree } from '../architecture/source-tree.js';
import { FIXTURES } from './contracts.fixtures.js';
import type { Fixture } from './fixture.js';

const violationsOf = (files: Files) =>
  withSourceTree(files, (root) => contractsWall.violations(root, { say: () => undefined }));

/** Each has a module of its own; only a document is one for a whole tree. */
const ALONE = FIXTURES.filter(({ broken }) => 'docs/asyncapi.json' in broken);
const TOGETHER = FIXTURES.filter((fixture) => !ALONE.includes(fixture));

const together = (side: 'broken' | 'clean'): Files => Object.assign({}, ...TOGETHER.map((fixture) => fixture[side]));

const moduleOf = ({ broken, clean }: Fixture): string => Object.keys({ ...broken, ...clean })[0]?.split('/')[2] ?? '';
const within = (module: string, violations: readonly Violation[]) =>
  violations.filter(({ file }) => file.split('/')[2] === module);

describe('the contracts wall', () => {
  let broken: readonly Violation[];
  let clean: readonly Violation[];

  it('can be asked about many modules at once', async () => {
    [broken, clean] = await Promise.all([violationsOf(together('broken')), violationsOf(together('clean'))]);
    expect(broken.length).toBeGreaterThanOrEqual(TOGETHER.length);
  });

  it.each(TOGETHER.map((fixture) => [`${fixture.rule}: ${fixture.form}`, fixture] as const))(
    'holds: %s',
    (_name, fixture) => {
      const module = moduleOf(fixture);
      expect([...new Set(within(module, broken).map(({ rule }) => rule))]).toEqual([fixture.rule]);
      expect(within(module, clean)).toEqual([]);
    },
  );

  it.each(ALONE.map((fixture) => [`${fixture.rule}: ${fixture.form}`, fixture] as const))(
    'holds: %s',
    async (_name, fixture) => {
      const [found, nothing] = await Promise.all([violationsOf(fixture.broken), violationsOf(fixture.clean)]);
      expect(found.map(({ rule }) => rule)).toEqual([fixture.rule]);
      expect(nothing).toEqual([]);
    },
  );

  it('has a fixture for every rule, and no other', async () => {
    const rules = await contractsWall.rules('');
    expect([...new Set(FIXTURES.map(({ rule }) => rule))].sort()).toEqual(rules.map(({ name }) => name).sort());
    expect(rules.every(({ wall }) => wall === 'contracts')).toBe(true);
  });

  it('says what was, what is, where, and by what it is known again', () => {
    const find = (form: string) => {
      const fixture = FIXTURES.find((each) => each.form === form) as Fixture;
      return { module: moduleOf(fixture), violations: within(moduleOf(fixture), broken) };
    };
    const longer = find('a longer text');
    expect(longer.violations).toEqual([
      {
        rule: 'compatible-within-a-major',
        file: `src/modules/${longer.module}/contract/sold.ts`,
        line: 6,
        what: `${longer.module}.sold.v1: part maxLength 40 → 50; one of the two would refuse, or read as something else, what the other one sends`,
        subject: `${longer.module}.sold.v1 part maxLength 40 → 50`,
      },
    ]);
    const asked = find('what is asked');
    expect(asked.violations.map(({ what }) => what.split(';')[0])).toContain(
      `${asked.module}.prospect.v1: request.id format none → "uuid"`,
    );
    const waiting = find('waiting for what never happens');
    expect(waiting.violations.map(({ file, what }) => `${file}: ${what}`)).toEqual([
      `src/modules/${waiting.module}/contract/more.ts: it awaits what never happens`,
    ]);
    const stale = find('a contract that is gone');
    expect(stale.violations.map(({ file }) => file)).toEqual([
      `src/modules/${stale.module}/contract/released/sold.v1.json`,
    ]);
  });

  it('leaves alone names that look alike, and what is no message', async () => {
    const sold = (name: string) => `
      import { z } from 'zod';
      import { defineEvent } from '#kernel/contract/message';
      // defineEvent('somebody.else.v1', 'id', z.object({}))
      export const Sold = defineEvent('${name}', 'id', z.strictObject({ id: z.string() }));
      export const kinds = { kind: 'event', name: 'no.message.v1' };`;
    const names = ['order', 'orders', 'contract', 'messaging', 'released'];
    const files = Object.fromEntries(
      names.flatMap((name) => [
        [`src/modules/${name}/contract/sold.ts`, sold(`${name}.sold.v1`)],
        [`src/modules/${name}/contract/testing/broken.ts`, 'throw new Error();'],
        [`src/modules/${name}/contract/sold.spec.ts`, 'throw new Error();'],
      ]),
    );
    const found = await violationsOf(files);
    expect(found.map(({ rule, file }) => `${rule} ${file}`)).toEqual(
      names.toSorted().map((name) => `message-is-released src/modules/${name}/contract/sold.ts`),
    );
  });

  it('finds nothing wrong with this project, nor its documents missing', async () => {
    expect(['docs/asyncapi.json', 'docs/openapi.json'].filter((file) => !existsSync(file))).toEqual([]);
    expect(await contractsWall.violations(process.cwd(), { say: () => undefined })).toEqual([]);
  });

  it('says of every rule why it is there and what to do', () => {
    for (const { name, why, mend } of RULES)
      expect({ name, said: why.length > 40 && mend.length > 20 }).toEqual({ name, said: true });
  });
});
