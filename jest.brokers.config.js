import base from './jest.config.js';

/** `npm run test:brokers`: each transport over a broker, which the suites start themselves where its program is installed. */
export default { ...base, testMatch: ['<rootDir>/test/**/*.broker.ts'] };
