import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';

export interface Credentials {
  email: string;
  password: string;
  /** Where they come from, for the sentence when they are refused. */
  source: string;
}

/** The settings go before the file that the server's first start writes. */
export async function adminCredentials(env: NodeJS.ProcessEnv): Promise<Credentials> {
  const { SEAMLINE_ADMIN_EMAIL: email, SEAMLINE_ADMIN_PASSWORD: password } = env;
  if (email && password) return { email, password, source: 'SEAMLINE_ADMIN_EMAIL and SEAMLINE_ADMIN_PASSWORD' };
  if (email || password) {
    const [given, missing] = email ? ['EMAIL', 'PASSWORD'] : ['PASSWORD', 'EMAIL'];
    throw new UserError(`SEAMLINE_ADMIN_${given} is set, SEAMLINE_ADMIN_${missing} is not.`, 'Set both, or neither.');
  }
  return savedCredentials(join(env.SEAMLINE_HOME || join(projectRoot, '.seamline'), 'admin.json'));
}

async function savedCredentials(file: string): Promise<Credentials> {
  const mend =
    'The first start of the server writes it: set SEAMLINE_HOME as the server has it, ' +
    'or set SEAMLINE_ADMIN_EMAIL and SEAMLINE_ADMIN_PASSWORD.';
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`The admin's sign-in cannot be read from ${file} (${error.code}).`, mend);
  });
  const saved = parsed(text);
  if (typeof saved.email !== 'string' || typeof saved.password !== 'string') {
    throw new UserError(`${file} holds no email and password.`, mend);
  }
  return { email: saved.email, password: saved.password, source: file };
}

function parsed(text: string): { email?: unknown; password?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
