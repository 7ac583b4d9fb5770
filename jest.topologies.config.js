import base from './jest.config.js';

/** `npm run test:topologies`: the suite of the shop on every topology, one after the other, and a table of it at the end. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/topologies/*.topology.ts'],
  reporters: ['default', '<rootDir>/test/topologies/table-reporter.js'],
  maxWorkers: 1,
};
