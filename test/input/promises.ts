import type { Incoming } from './exchange.js';
import type { Api, Operation } from './operations.js';
import { faultsOf } from './schema.js';

/** What must never get out: stack traces, SQL and the words of the database, the driver or the mapper. */
const INTERNALS = [
  /\n\s+at /,
  /node_modules|\.[jt]s:\d+/,
  /\bselect\b.+\bfrom\b|\binsert into\b|\bupdate\b.+\bset\b|\bdelete from\b/i,
  /relation "|column "|violates|duplicate key|syntax error at|invalid byte sequence|out of range for type/i,
  /SQLSTATE|ECONN|\bpg_|MikroORM|DriverException|TypeError|RangeError/,
];

/** Which promises of the shop an answer breaks, in sentences. */
export function brokenPromises(api: Api, operation: Operation, answer: Incoming): string[] {
  if (answer.status >= 400) return brokenByProblem(api, answer);
  if (answer.status < 200 || answer.status >= 300) return [`it answers ${answer.status}`];
  if (!operation.answers.has(answer.status)) return [`${answer.status} is not documented`];
  const schema = operation.answers.get(answer.status);
  return schema ? faultsOf(schema, parsed(answer.text)).map((fault) => `not as documented, ${fault}`) : [];
}

function brokenByProblem({ problem }: Api, { status, headers, text }: Incoming): string[] {
  const body = parsed(text);
  const { type, title, status: said } = (body ?? {}) as Record<string, unknown>;
  return [
    ...(status >= 500 ? [`it fails with ${status}`] : []),
    ...(headers['content-type']?.startsWith('application/problem+json') ? [] : ['it is no application/problem+json']),
    ...faultsOf(problem, body).map((fault) => `it is no problem, ${fault}`),
    ...(type && title ? [] : ['its type or its title is empty']),
    ...(said === status ? [] : [`it says ${said} in its body and ${status} in its first line`]),
    ...(status === 401 && !headers['www-authenticate'] ? ['it does not say how to authenticate'] : []),
    ...INTERNALS.filter((internal) => internal.test(text)).map((internal) => `it lets out ${internal}`),
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
