import type { Name } from '../name.js';
import { capital } from './vocabulary.js';

/** The contract of a message: an event or a command, by its full name and its key. */
export function messageContract(kind: 'event' | 'command', message: string, name: Name, key: string): string {
  const define = kind === 'event' ? 'defineEvent' : 'defineCommand';
  const meaning =
    kind === 'event'
      ? `${capital(name.words)}: say here what is so from now on.`
      : `${capital(name.words)}: say here what it does, and which events answer it.`;
  return `import { z } from 'zod';
import { ${define} } from '#kernel/contract/message';

/** ${meaning} */
export const ${name.pascal} = ${define}(
  '${message}',
  '${key}',
  z.strictObject({
    /** What orders these messages among each other. */
    ${key}: z.uuid(),
  }),
);
`;
}

/** The contract of a query, by its full name. */
export function queryContract(message: string, name: Name): string {
  return `import { z } from 'zod';
import { defineQuery } from '#kernel/contract/query';

/** ${capital(name.words)}: say here what is asked, and what the answer promises. */
export const ${name.pascal} = defineQuery(
  '${message}',
  z.strictObject({
    id: z.uuid(),
  }),
  z.strictObject({
    found: z.boolean(),
  }),
);
`;
}
