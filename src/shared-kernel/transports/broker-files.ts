import { readFileSync } from 'node:fs';
import { BrokerNotUsable } from './broker-not-usable.js';

/**
 * What stands in the file that a setting of a broker names: a certificate, a key, credentials.
 * @throws BrokerNotUsable when it cannot be read
 */
export function contentsOf(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new BrokerNotUsable(
      `${variable} names ${file}, which cannot be read: ${(error as Error).message}.`,
      `Correct ${variable}, or let this process read the file.`,
      { cause: error },
    );
  }
}
