import { runApp } from '../host/run-app.js';

await runApp('monolith');
