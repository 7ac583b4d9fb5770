/** An address, and what its sessions are to have set, as `pg` takes them. */
export interface SessionAddress {
  readonly connectionString: string;
  readonly options: string;
}

/**
 * All that an address says about its sessions holds (`sslmode`, `options`, …), but for what is set here: `pg` would take the
 * `options` of the address instead of ours, and of two in one the server takes the later. MikroORM reads no more of an
 * address than where the database is, so it has to be handed to `pg` as well, or modules would not speak TLS.
 * Source: PostgreSQL manual, "34.1.2. Parameter Key Words", options.
 */
export function sessionAddress(url: string, settings: Record<string, string | number>): SessionAddress {
  const address = new URL(url);
  const theirs = address.searchParams.getAll('options');
  address.searchParams.delete('options');
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${String(value).replaceAll(' ', '\\ ')}`);
  return { connectionString: address.href, options: [...theirs, ...ours].join(' ') };
}
