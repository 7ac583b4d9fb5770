import type { Pool, PoolClient } from 'pg';

/**
 * Gives a connection that is lost in the middle of a transaction back to its pool. Kysely releases a transaction's
 * connection only after a COMMIT or ROLLBACK has succeeded, which on a lost one never happens: each such loss would
 * take a place of the pool away for good.
 */
export function giveBackLostConnections(pool: Pool): void {
  // `acquire` comes just before the pool hands the client its `release`; a microtask later it is there.
  pool.on('acquire', (client) => queueMicrotask(() => releaseWhenLost(client)));
}

function releaseWhenLost(client: PoolClient): void {
  const release = client.release;
  let held = true;
  const lost = () => client.release(true);
  client.release = (broken) => {
    if (!held) return;
    held = false;
    client.off('error', lost);
    release.call(client, broken);
  };
  client.once('error', lost);
}
