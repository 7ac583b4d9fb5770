import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, hashSync, verify } from '@node-rs/argon2';
import { Lane } from './lane.js';

/**
 * Argon2id, the library's default variant, at the least cost that OWASP recommends (Password Storage Cheat Sheet):
 * 19 MiB, 2 passes, 1 thread; 15 to 30 ms on the machine this was written on.
 */
const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/**
 * Hashing has one of libuv's four threads, sign-in (see SignIn) two: neither can crowd out the other, and one thread
 * is left for verifying the tokens of everybody else.
 */
const HASHING = { width: 1, waiting: 200 };

@Injectable()
export class Passwords {
  private readonly lane = new Lane(HASHING.width, HASHING.waiting);
  /** Stands in for the hash of an account that does not exist: refusing it takes as long as refusing a wrong password. */
  private readonly nobodys = hashSync(randomBytes(32), COST);

  hash(password: string): Promise<string> {
    return this.lane.run(() => hash(normalised(password), COST));
  }

  /** False, after the same time, where there is no hash to compare with. */
  async match(password: string, passwordHash: string | undefined): Promise<boolean> {
    const matches = await verify(passwordHash ?? this.nobodys, normalised(password));
    return matches && passwordHash !== undefined;
  }
}

/** Keyboards compose the same letter in different ways. Source: NIST SP 800-63B-4, 3.1.1.2. */
function normalised(password: string): string {
  return password.normalize('NFKC');
}
