import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readEntity } from './entity.js';

const MIGRATIONS = 'src/shared-kernel/persistence/migrations';

describe('what a module keeps', () => {
  it('cannot be called as a table of the kernel', () => {
    const texts = readdirSync(MIGRATIONS).map((file) => readFileSync(join(MIGRATIONS, file), 'utf8'));
    const tables = texts.flatMap((text) => [...text.matchAll(/create table (?:if not exists )?([a-z_]+)/g)]);
    const names = tables.map(([, table = '']) => table.replace(/_$/, '').replaceAll('_', '-'));
    expect(names).toContain('outbox');
    const taken = names.filter((name) => {
      try {
        return readEntity(name);
      } catch {
        return false;
      }
    });
    expect(taken).toEqual([]);
  });

  it.each(['order', 'user', 'group', 'relay-race', 'inboxer', 'of', 'type'])('may be called %s', (name) => {
    expect(readEntity(name).kebab).toBe(name);
  });

  it.each(['class', 'new', 'package', 'error', 'inbox-3'])('cannot be called %s', (name) => {
    expect(() => readEntity(name)).toThrow(expect.objectContaining({ name: 'UserError' }));
  });
});
