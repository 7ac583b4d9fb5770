import pg from 'pg';

/** What a statement finds, asked as the superuser of the test server. */
export async function rowsOf<Row>(databaseUrl: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** The messages that a module gave up on, whichever module it is. */
export async function deadLetters(databaseUrl: string): Promise<object[]> {
  const tables = await rowsOf<{ schema: string }>(
    databaseUrl,
    `select table_schema as schema from information_schema.tables where table_name = 'dead_letter'`,
  );
  if (tables.length === 0) throw new Error('No schema keeps dead letters: this looks in the wrong place.');
  const each = tables.map(
    ({ schema }) => `select '${schema}' as module, type, key, attempts, reason from ${schema}.dead_letter`,
  );
  return rowsOf(databaseUrl, each.join(' union all '));
}
