import dns, { type LookupAddress } from 'node:dns';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createEmptyDatabase } from '#test/test-database';
import { DatabaseNotUsable } from '../database-not-usable.js';
import { connect } from './connect.js';

type LookupCall = [host: string, options: object, found: (error: null, addresses: LookupAddress[]) => void];

const serverUrl = new URL(process.env.SEAMLINE_TEST_DATABASE_URL ?? '');

/** The refusal's two texts, once it is sure that neither holds the password. */
async function refusal(url: string | URL): Promise<{ message: string; mend: string }> {
  const failure = await connect(String(url), 'DATABASE_URL').then(
    (client) => client.end(),
    (error) => error,
  );
  expect(failure).toBeInstanceOf(DatabaseNotUsable);
  expect(`${failure.message} ${failure.mend}`).not.toContain('s3cret');
  return failure;
}

function changed(change: (url: URL) => void): URL {
  const url = new URL(serverUrl);
  change(url);
  return url;
}

describe('a database that cannot be connected to', () => {
  let stub: Server | undefined;
  const sockets = new Set<Socket>();

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    stub?.close();
    stub = undefined;
  });

  /** Something that listens where the server should be. */
  async function listen(talk: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      talk(socket);
    });
    stub = server;
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  /** A message of PostgreSQL's protocol: its type, its length, its content. */
  function protocolMessage(type: string, content: Buffer): Buffer {
    const length = Buffer.alloc(4);
    length.writeInt32BE(content.length + 4);
    return Buffer.concat([Buffer.from(type), length, content]);
  }

  const serverError = (code: string, text: string) =>
    protocolMessage('E', Buffer.from(`SFATAL\0C${code}\0M${text}\0\0`));

  function authentication(step: number, content: string): Buffer {
    const kind = Buffer.alloc(4);
    kind.writeInt32BE(step);
    return protocolMessage('R', Buffer.concat([kind, Buffer.from(content)]));
  }

  it('is named by host and port when nothing listens there', async () => {
    const { message, mend } = await refusal('postgres://admin:s3cret@127.0.0.1:1/shop');
    expect(message).toBe('PostgreSQL at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1.');
    expect(mend).toBe('Start it, or correct the host and the port in DATABASE_URL.');
  });

  it('is named with every reason when the host has several addresses and all refuse', async () => {
    const addresses = [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ];
    const lookup = jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((...[, , found]: LookupCall) => found(null, addresses)) as typeof dns.lookup);
    try {
      expect((await refusal('postgres://admin:s3cret@both.invalid:1/shop')).message).toBe(
        'PostgreSQL at both.invalid:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1.',
      );
    } finally {
      lookup.mockRestore();
    }
  });

  it('is named when the host does not exist', async () => {
    expect((await refusal('postgres://admin:s3cret@nowhere.invalid/shop')).message).toMatch(
      /^PostgreSQL at nowhere\.invalid:5432 cannot be reached: getaddrinfo/,
    );
  });

  it('is given up after 5 s without an answer', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const accepted = Promise.withResolvers<void>();
      const address = await listen(() => accepted.resolve());
      const refused = refusal(`postgres://admin:s3cret@${address}/shop`);
      await accepted.promise;
      jest.advanceTimersByTime(5_000);
      expect((await refused).message).toBe(`PostgreSQL at ${address} cannot be reached: no answer within 5 s.`);
    } finally {
      jest.useRealTimers();
    }
  });

  it('is waited for while it starts up', async () => {
    let asked = 0;
    const address = await listen((socket) => {
      asked += 1;
      if (asked <= 2) return socket.end(serverError('57P03', 'the database system is starting up'));
      const server = connectSocket(Number(serverUrl.port || 5432), serverUrl.hostname);
      sockets.add(server);
      return socket.pipe(server).pipe(socket);
    });
    const client = await connect(String(changed((url) => (url.host = address))), 'DATABASE_URL');
    await client.end();
    expect(asked).toBe(3);
  });

  it.each(['28P01', '28000'])('is told from a login that the server refuses (%s)', async (code) => {
    const address = await listen((socket) => socket.end(serverError(code, 'it does not know you')));
    const { message, mend } = await refusal(`postgres://admin:s3cret@${address}/shop`);
    expect(message).toBe(
      `PostgreSQL at ${address} did not let user "admin" in to database "shop" (authentication failed): it does not know you.`,
    );
    expect(mend).toContain('the password in DATABASE_URL');
  });

  it('is told from a user who does not exist', async () => {
    const { message } = await refusal(
      changed((url) => {
        url.username = 'seamline_test_nobody';
        url.password = 's3cret';
      }),
    );
    expect(message).toContain('did not let user "seamline_test_nobody" in');
  });

  it('is told from a password that was left out', async () => {
    const address = await listen((socket) => {
      const answers = [authentication(10, 'SCRAM-SHA-256\0\0'), authentication(11, 'r=nonce,s=c2FsdA==,i=4096')];
      socket.on('data', () => socket.write(answers.shift() ?? ''));
    });
    const { message } = await refusal(`postgres://admin@${address}/shop`);
    expect(message).toContain('did not let user "admin" in');
    expect(message).toContain('asks for a password and none was given');
  });

  it('is told from a server without connections left', async () => {
    const address = await listen((socket) => socket.end(serverError('53300', 'sorry, too many clients already')));
    expect(await refusal(`postgres://admin:s3cret@${address}/shop`)).toMatchObject({
      message: `PostgreSQL at ${address} has no connection left: sorry, too many clients already.`,
    });
  });

  it('is named when the server has no such database', async () => {
    const { message, mend } = await refusal(changed((url) => (url.pathname = '/seamline_test_"none"')));
    expect(message).toBe(
      `PostgreSQL at ${serverUrl.hostname}:${serverUrl.port || 5432} has no database "seamline_test_"none"".`,
    );
    expect(mend).toContain('CREATE DATABASE "seamline_test_""none"""');
  });

  it('is named with the privilege to connect when that is lacking', async () => {
    const { name, databaseUrl, drop } = await createEmptyDatabase();
    try {
      const client = await connect(databaseUrl, 'DATABASE_URL');
      await client.query(`CREATE ROLE ${name}_guest LOGIN PASSWORD 's3cret'`);
      await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
      await client.end();
      const { message, mend } = await refusal(
        changed((url) => {
          url.pathname = name;
          url.username = `${name}_guest`;
          url.password = 's3cret';
        }),
      );
      expect(message).toContain(`User "${name}_guest" lacks a privilege`);
      expect(message).toContain(`CONNECT on database "${name}"`);
      expect(mend).toContain(`GRANT CONNECT ON DATABASE "${name}" TO "${name}_guest";`);
    } finally {
      await drop();
    }
  });

  it.each(['mysql://admin:s3cret@host/shop', 'host=db password=s3cret', 'postgres://admin:s3cret@host:port/shop', ''])(
    'is refused when its address is none: %s',
    async (url) => {
      expect(await refusal(url)).toMatchObject({
        message: 'DATABASE_URL is not the address of a PostgreSQL database.',
        mend: expect.stringContaining('postgres://user:password@host:port/database'),
      });
    },
  );
});
