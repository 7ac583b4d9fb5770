import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { DatabaseNotUsable } from '../database-not-usable.js';

const LONGEST_WAIT_S = 60;
const LOCK_NOT_AVAILABLE = '55P03';

/** Serialisation failure, deadlock: what PostgreSQL asks to repeat. */
const REPEATABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 6;

/**
 * Runs the work while no other process provisions the same database: several may be starting at once. Advisory locks
 * belong to a database but roles to the cluster, so someone at another database can still change the same role under
 * our hands ("tuple concurrently updated"); then the work, which must be repeatable, starts again.
 */
export async function takeTurns(admin: pg.Client, work: () => Promise<void>): Promise<void> {
  await admin.query(`SET lock_timeout TO '${LONGEST_WAIT_S}s'`);
  try {
    await admin.query(`SELECT pg_advisory_lock(${LOCK})`);
    await repeatOnCollision(work);
    await admin.query(`SELECT pg_advisory_unlock(${LOCK})`);
  } catch (error) {
    throw (error as { code?: string }).code === LOCK_NOT_AVAILABLE ? tookTooLong(error) : error;
  }
}

const LOCK = `hashtextextended('seamline.provision', 0)`;

async function repeatOnCollision(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isCollision(error) || attempt === ATTEMPTS) throw error;
      await sleep(20 * 2 ** attempt * Math.random());
    }
  }
}

/** The collision of two changes to one row of the catalog has no code of its own, only a message. */
function isCollision(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return REPEATABLE.has(code) || /^tuple concurrently (updated|deleted)$/.test(message);
}

function tookTooLong(cause: unknown): DatabaseNotUsable {
  return new DatabaseNotUsable(
    `Another session has held a lock on the roles or schemas for ${LONGEST_WAIT_S} s.`,
    `Find it (SELECT * FROM pg_stat_activity WHERE application_name = 'seamline provision'), end it, and start again.`,
    { cause },
  );
}
