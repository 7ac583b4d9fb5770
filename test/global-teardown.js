/** After all tests: stops the PostgreSQL that global-setup.js started, and removes its folder. */
export default async function globalTeardown() {
  await globalThis.seamlineTestServer?.stop();
}
