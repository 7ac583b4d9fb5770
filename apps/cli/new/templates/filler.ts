import { type Name, nameOf } from '../name.js';
import type { Files } from '../plan.js';
import type { Vocabulary } from './vocabulary.js';

/** More of a module, as one that has grown has it: files by their paths in it, and the use cases among them. */
export interface Filler {
  readonly files: Files;
  readonly useCases: readonly Name[];
}

/**
 * So many files more: rules of the domain that build on one another, use cases that apply them, and events that tell of it.
 * Each is reached from the use cases, and no import leads in a circle.
 */
export function fillerFiles(words: Vocabulary, count: number): Filler {
  const uses = Math.ceil(count / 3);
  const rules = Math.ceil((count - uses) / 2);
  const events = count - uses - rules;
  const numbers = (most: number) => Array.from({ length: most }, (_, index) => index + 1);
  return {
    files: Object.fromEntries([
      ...numbers(rules).map((n) => [`domain/measure-${n}.ts`, measure(n)]),
      ...numbers(uses).map((n) => [
        `use-cases/take-measure-${n}.ts`,
        takeMeasure(words, n, { rule: Math.min(n, rules), tells: n <= events }),
      ]),
      ...numbers(events).map((n) => [`contract/measure-${n}-taken.ts`, measureTaken(words, n)]),
    ]),
    useCases: numbers(uses).map((n) => nameOf(`take-measure-${n}`)),
  };
}

/** Each rule builds on the one before. */
function measure(n: number): string {
  const before = n === 1 ? '' : `import { measure${n - 1} } from './measure-${n - 1}.js';\n`;
  const value = n === 1 ? 'amount' : `measure${n - 1}(amount) + ${n}`;
  return `import { DomainError } from '#kernel/contract/domain-error';
${before}
/** Measure ${n} of an amount. */
export function measure${n}(amount: number): number {
  if (amount < 0) throw new DomainError('unprocessable', 'negative-amount', \`There is no measure of \${amount}.\`);
  return ${value};
}
`;
}

/** Applies a rule, the last where there are fewer of them than use cases; without any it takes the amount as it is. */
function takeMeasure({ dependsOn }: Vocabulary, n: number, { rule, tells }: { rule: number; tells: boolean }): string {
  const [heard] = dependsOn;
  const event = `Measure${n}Taken`;
  const imports = [
    "import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';",
    ...(heard ? ["import type { Payload } from '#kernel/contract/message';"] : []),
    "import { UnitOfWork } from '#kernel/persistence/unit-of-work';",
    ...(heard ? [`import type { ${heard.exportName} } from '#modules/${heard.module}/contract/${heard.file}';`] : []),
    ...(tells ? [`import { ${event} } from '../contract/measure-${n}-taken.js';`] : []),
    ...(rule > 0 ? [`import { measure${rule} } from '../domain/measure-${rule}.js';`] : []),
  ];
  return `${imports.join('\n')}

export class TakeMeasure${n} {
  constructor(
    readonly id: string,
    readonly amount: number,
${heard ? `    readonly cause?: Payload<typeof ${heard.exportName}>,\n` : ''}  ) {}
}

@CommandHandler(TakeMeasure${n})
export class TakeMeasure${n}Handler implements ICommandHandler<TakeMeasure${n}> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ id, amount }: TakeMeasure${n}): Promise<number> {
    return this.unitOfWork.transaction(async (tx) => {
      await tx.query('select $1::text', [id]);
      const taken = ${rule > 0 ? `measure${rule}(amount)` : 'amount'};
${tells ? `      tx.publish(${event}, { id, amount: taken });\n` : ''}      return taken;
    });
  }
}
`;
}

function measureTaken({ module }: Vocabulary, n: number): string {
  return `import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** Measure ${n} was taken. */
export const Measure${n}Taken = defineEvent(
  '${module.kebab}.measure-${n}-taken.v1',
  'id',
  z.strictObject({
    id: z.uuid(),
    amount: z.number(),
  }),
);
`;
}
