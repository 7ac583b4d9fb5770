import type pg from 'pg';

/**
 * The address of the database a client is connected to, for another role. Built from what the client resolved (defaults
 * and PG* variables included), with the options of its own URL, such as `sslmode`, kept.
 */
export function roleUrl(client: pg.Client, databaseUrl: string, role: string, password: string): string {
  const options = new URLSearchParams(databaseUrl.split('?')[1] ?? '');
  for (const resolved of ['user', 'password', 'host', 'port']) options.delete(resolved);
  const query = options.size > 0 ? `?${options}` : '';
  const login = `${encodeURIComponent(role)}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${hostOf(client)}:${client.port}/${encodeURI(client.database ?? '')}${query}`;
}

/** A host may also be an IPv6 address or the directory of a socket. */
function hostOf(client: pg.Client): string {
  return client.host.includes(':') ? `[${client.host}]` : encodeURIComponent(client.host);
}
