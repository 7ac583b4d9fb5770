import { connect, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Module } from '@nestjs/common';
import { bootApp, type Instance } from '#test/booted-modules';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { certificate } from '#test/transports/certificates';
import { BoundedContext } from '../bounded-context.js';
import { UnitOfWork } from './unit-of-work.js';

class Notes extends Migration {
  override up(): void {
    this.addSql('create table note (id int primary key)');
  }
}

let notes: UnitOfWork;

const declaration = { name: 'notes', schema: 'notes', dependsOn: [] };

@Module({
  imports: [BoundedContext.register({ declaration, entities: [], migrations: [{ name: 'notes-0001', class: Notes }] })],
})
class NotesModule {
  constructor(unitOfWork: UnitOfWork) {
    notes = unitOfWork;
  }
}

/** How a client asks a server for TLS. Source: PostgreSQL manual, "55.7 Message Formats", SSLRequest. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Stands before the server and lets in only who speaks TLS, as hosted databases do. */
function guarded(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl);
  const { cert, key } = certificate();
  return createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      if (!SSL_REQUEST.equals(first)) return socket.destroy();
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      const server = connect(Number(port), hostname);
      for (const each of [secure, server]) each.on('error', () => undefined);
      secure.on('close', () => server.destroy());
      secure.pipe(server).pipe(secure);
    });
  });
}

describe('the address of a database', () => {
  let database: TestDatabase;
  let guard: ReturnType<typeof guarded>;
  let app: Instance;

  beforeAll(async () => {
    database = await createTestDatabase({ modules: [declaration] });
    guard = guarded(database.databaseUrl);
    await new Promise<void>((listening) => guard.listen(0, '127.0.0.1', listening));
    const port = (guard.address() as { port: number }).port;
    const through = (address: string) => {
      const url = new URL(address);
      url.port = String(port);
      url.searchParams.set('sslmode', 'no-verify');
      url.searchParams.set(
        'options',
        '-c geqo=off -c default_transaction_isolation=serializable -c search_path=public',
      );
      return url.href;
    };
    app = await bootApp([NotesModule], {
      ownerUrl: through(database.ownerUrl),
      moduleUrls: { notes: through(database.moduleUrls.notes as string) },
    });
  });

  afterAll(async () => {
    await app?.close();
    guard?.close();
    await database?.drop();
  });

  it('says whether its modules speak TLS with it', async () => {
    await notes.transaction((tx) => tx.query('insert into note values (1)'));
    expect(await notes.query('select id from note')).toEqual([{ id: 1 }]);
  });

  it('may set what it likes, but not what fence and inbox are built on', async () => {
    const names = ['geqo', 'default_transaction_isolation', 'search_path'];
    const [set] = await notes.query('select array(select current_setting(s) from unnest($1::text[]) s) as set', [
      names,
    ]);
    expect(set).toEqual({ set: ['off', 'read committed', 'notes'] });
  });
});
