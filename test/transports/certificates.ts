import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireSecurity } from '#kernel/transports/wire/handshake';

export type Certificate = NonNullable<WireSecurity['tls']>;

/** An authority of its own, and what it has signed for a server on this machine and for its callers. */
export function certificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'seamline-certificates-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  try {
    openssl('req', '-x509', ...key, '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.crt');
    openssl('req', ...key.slice(0, -2), '-subj', '/CN=app', '-keyout', 'app.key', '-out', 'app.csr');
    writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1');
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    openssl('x509', '-req', '-in', 'app.csr', ...signed, '-out', 'app.crt');
    const content = (file: string) => readFileSync(join(folder, file), 'utf8');
    return { cert: content('app.crt'), key: content('app.key'), ca: content('ca.crt') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
