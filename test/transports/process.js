import { importTypeScript } from '../import-typescript.js';

importTypeScript();
const { run } = await import('./run.ts');
await run(JSON.parse(process.argv[2]));
