import { type PlacedApp, type Placement, TopologyError, variableOf } from '#kernel/topology/topology';
import type { Settings } from './settings.js';

/** The module that signs tokens, and makes the first administrator. */
export const IDENTITY = 'identity';

const PATH = '/.well-known/jwks.json';

/**
 * Where an app fetches the keys that verify tokens: of any instance of the app that holds identity, unless the settings
 * name another place.
 * @param own where this app itself listens, known once it does
 * @throws TopologyError when nobody knows where that app is
 */
export function keysFor(app: PlacedApp, { apps }: Placement, settings: Settings, own: () => string): () => string[] {
  const { identityJwksUrl: given } = settings;
  if (given !== undefined) return () => [given];
  const signer = apps.find(({ modules }) => modules.includes(IDENTITY));
  if (signer === undefined || signer.name === app.name) return () => [new URL(PATH, own()).href];
  const { name, http } = signer;
  if (http.length === 0)
    throw new TopologyError([
      `apps.${name} lacks "http", the address from which ${app.name} fetches the keys that verify tokens: write it there, or set ${variableOf(name, 'HTTP')} or IDENTITY_JWKS_URL.`,
    ]);
  return () => http.map((address) => address.replace(/\/?$/, PATH));
}
