// Loaded before everything else by the torture's processes (`node --import`): lets them import TypeScript, and where
// TORTURE_BREAK says so, breaks the kernel for this one process.
import { importTypeScript } from '../import-typescript.js';

importTypeScript();
if (process.env.TORTURE_BREAK) {
  const { breakKernel } = await import('./breakage.ts');
  breakKernel(process.env.TORTURE_BREAK);
}
