import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type PlacedApp, type Placement, variableOf } from '#kernel/topology/topology';
import type { WireSecurity } from '#kernel/transports/wire/handshake';
import { Wire } from '#kernel/transports/wire/wire';
import type { WireAddress } from '#kernel/transports/wire/wire-server';
import { type Settings, SettingsError } from './settings.js';

/** What an app says to the others and hears from them; undefined where there are no others. */
export function wireFor(app: PlacedApp, { apps }: Placement, settings: Settings): Wire | undefined {
  if (apps.length < 2) return undefined;
  const others = apps.filter(({ name }) => name !== app.name);
  return new Wire({
    app: app.name,
    security: securityOf(settings),
    listen: app.modules.length > 0 ? { host: settings.wire.host, port: portOf(app, settings) } : undefined,
    peers: Object.fromEntries(others.map(({ name, wire }) => [name, wire.map(addressOf)])),
  });
}

/** @throws with a mend, where the address cannot be listened on. */
export function cannotListen(error: unknown, settings: Settings): unknown {
  const { code, port } = error as { code?: string; port?: number };
  if (code !== 'EADDRINUSE' && code !== 'EADDRNOTAVAIL' && code !== 'EACCES') return error;
  return Object.assign(new Error(`The other apps cannot be listened for on ${settings.wire.host}:${port} (${code}).`), {
    mend:
      code === 'EADDRINUSE'
        ? 'Stop the program that has this port, or choose another one in the topology and in WIRE_PORT.'
        : 'Set WIRE_HOST to an address of this machine, and WIRE_PORT to a port from 1024 up.',
  });
}

function portOf(app: PlacedApp, settings: Settings): number {
  if (settings.wire.port !== undefined) return settings.wire.port;
  const ports = new Set(app.wire.map((address) => addressOf(address).port));
  if (ports.size === 1) return [...ports][0] as number;
  throw new SettingsError([
    `WIRE_PORT must be set, because ${variableOf(app.name, 'WIRE')} has ${ports.size} ports, one an instance: the one that is this instance's`,
  ]);
}

/** Of `host:port`, where an IPv6 address stands in brackets. */
function addressOf(text: string): WireAddress {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) };
}

/** What all apps know and nobody else. */
export function secretOf({ secret }: Settings): string {
  if (secret !== undefined) return secret;
  throw new SettingsError(['SEAMLINE_SECRET must be set, because there are several apps']);
}

function securityOf(settings: Settings): WireSecurity {
  const { tls } = settings.wire;
  return {
    secret: secretOf(settings),
    tls:
      tls &&
      fitting({
        cert: contentOf(tls.cert, 'WIRE_TLS_CERT'),
        key: contentOf(tls.key, 'WIRE_TLS_KEY'),
        ca: contentOf(tls.ca, 'WIRE_TLS_CA'),
      }),
  };
}

/** @throws SettingsError for what no connection could be made with, however often it is tried */
function fitting(tls: NonNullable<WireSecurity['tls']>): NonNullable<WireSecurity['tls']> {
  const mustBe = (work: () => unknown, sentence: string) => {
    try {
      work();
    } catch (error) {
      throw new SettingsError([`${sentence} (${(error as Error).message})`]);
    }
  };
  // What is no certificate at all would be passed over, and then nobody be trusted.
  mustBe(() => new X509Certificate(tls.ca), 'WIRE_TLS_CA must be a file with a certificate in PEM');
  mustBe(
    () => createSecureContext(tls),
    'WIRE_TLS_CERT and WIRE_TLS_KEY must be files in PEM: a certificate, and the key that belongs to it',
  );
  return tls;
}

function contentOf(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError([
      `${setting} is "${file}", but must be a file that can be read (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
}
