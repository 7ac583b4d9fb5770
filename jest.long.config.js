import base from './jest.config.js';

/** `npm run test:long`: what takes long and seldom breaks, such as a whole project that is made, checked and tested. */
export default { ...base, testMatch: ['<rootDir>/test/**/*.long.ts'] };
