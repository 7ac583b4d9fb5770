import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import pg from 'pg';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { BoundedContext } from '../bounded-context.js';
import { defineCommand, defineEvent, type Payload } from '../contract/message.js';
import { Handle, type Message } from '../messaging/subscriptions.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { durationOf, On, OnAborted, OnTimeout, Saga, type SagaHandle, Starts } from './saga.js';

const Shape = z.strictObject({ trip: z.string() });
const Planned = defineEvent('travel.planned.v1', 'trip', Shape.extend({ wish: z.enum(['go', 'no-hotel', 'wait']) }));
const BookFlight = defineCommand('agency.book-flight.v1', 'trip', Shape);
const CancelFlight = defineCommand('agency.cancel-flight.v1', 'trip', Shape);
const BookHotel = defineCommand('agency.book-hotel.v1', 'trip', Shape);
const CancelHotel = defineCommand('agency.cancel-hotel.v1', 'trip', Shape);
const FlightBooked = defineEvent('agency.flight-booked.v1', 'trip', Shape);
const FlightCancelled = defineEvent('agency.flight-cancelled.v1', 'trip', Shape);
const HotelFull = defineEvent('agency.hotel-full.v1', 'trip', Shape);
const HotelCancelled = defineEvent('agency.hotel-cancelled.v1', 'trip', Shape);

type TripHandle = SagaHandle<{ wish: string }>;
const trip = (payload: { trip: string }) => payload.trip;

@Injectable()
@Saga({
  name: 'trip',
  version: 1,
  state: z.object({ wish: z.string() }),
  undoneBy: [FlightCancelled, HotelCancelled],
})
class Trip {
  @Starts(Planned, trip)
  async planned({ wish }: Payload<typeof Planned>, saga: TripHandle): Promise<void> {
    saga.state = { wish };
    await saga.timeout('patience', wish === 'wait' ? '50ms' : '1h');
    saga.do(BookFlight, { trip: saga.key }).undo(CancelFlight, { trip: saga.key }, FlightCancelled);
  }

  @On(FlightBooked, trip)
  booked(_booked: Payload<typeof FlightBooked>, saga: TripHandle): void {
    if (saga.state.wish === 'wait') return;
    if (saga.state.wish === 'go') {
      saga.pivot();
      saga.complete();
    } else {
      saga.do(BookHotel, { trip: saga.key }).undo(CancelHotel, { trip: saga.key }, HotelCancelled);
    }
  }

  @On(HotelFull, trip)
  full(_full: Payload<typeof HotelFull>, saga: TripHandle): void {
    saga.abort('no room');
  }

  @OnTimeout('patience')
  impatient(saga: TripHandle): void {
    saga.abort('waited too long');
  }

  @OnAborted()
  async aborted(saga: TripHandle, tx: Transaction): Promise<void> {
    await tx.query('insert into diary (trip, entry) values ($1, $2)', [saga.key, `gave up: ${saga.reason}`]);
  }
}

class Diary extends Migration {
  override up(): void {
    this.addSql('create table diary (at bigint generated always as identity, trip text, entry text)');
  }
}

/** Answers every command, and notes the order in which they came. */
@Injectable()
class Agency {
  @Handle(BookFlight)
  flight({ payload }: Message<typeof BookFlight>, tx: Transaction) {
    return answer(tx, payload.trip, 'book flight', FlightBooked);
  }
  @Handle(CancelFlight)
  noFlight({ payload }: Message<typeof CancelFlight>, tx: Transaction) {
    return answer(tx, payload.trip, 'cancel flight', FlightCancelled);
  }
  @Handle(BookHotel)
  hotel({ payload }: Message<typeof BookHotel>, tx: Transaction) {
    return answer(tx, payload.trip, 'book hotel', HotelFull);
  }
  @Handle(CancelHotel)
  noHotel({ payload }: Message<typeof CancelHotel>, tx: Transaction) {
    return answer(tx, payload.trip, 'cancel hotel', HotelCancelled);
  }
}

async function answer(tx: Transaction, of: string, entry: string, event: typeof FlightBooked): Promise<void> {
  await tx.query('insert into diary (trip, entry) values ($1, $2)', [of, entry]);
  tx.publish(event, { trip: of });
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'travel', schema: 'travel', dependsOn: ['agency'] },
      entities: [],
      migrations: [{ name: 'travel-0001', class: Diary }],
      sagas: [Trip],
    }),
  ],
  providers: [Trip],
})
class TravelModule {}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'agency', schema: 'agency', dependsOn: [] },
      entities: [],
      migrations: [{ name: 'agency-0001', class: Diary }],
      subscribers: [Agency],
    }),
  ],
  providers: [Agency],
})
class AgencyModule {}

describe('a saga', () => {
  let booted: BootedModules;
  let sql: pg.Client;

  beforeAll(async () => {
    booted = await bootModules([TravelModule, AgencyModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });

  const plan = (name: string, wish: 'go' | 'no-hotel' | 'wait') =>
    booted.transaction(TravelModule, async (tx) => tx.publish(Planned, { trip: name, wish }));
  const ended = async (name: string) => {
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
      const { rows } = await sql.query('select status, reason, compensations, timers from travel.saga where key = $1', [
        name,
      ]);
      if (rows[0] && !['running', 'aborting'].includes(rows[0].status)) return rows[0];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${name} has not ended.`);
  };
  const diary = async (schema: string, name: string) =>
    (await sql.query(`select entry from ${schema}.diary where trip = $1 order by at`, [name])).rows.map(
      (row) => row.entry,
    );

  it('goes forward to its end, and keeps nothing to undo', async () => {
    await plan('rome', 'go');
    expect(await ended('rome')).toEqual({ status: 'completed', reason: null, compensations: [], timers: {} });
    expect(await diary('agency', 'rome')).toEqual(['book flight']);
  });

  it('undoes its steps last in, first out, each after the answer of the one before, and then says why', async () => {
    await plan('paris', 'no-hotel');
    expect(await ended('paris')).toMatchObject({ status: 'aborted', reason: 'no room', compensations: [] });
    expect(await diary('agency', 'paris')).toEqual(['book flight', 'book hotel', 'cancel hotel', 'cancel flight']);
    expect(await diary('travel', 'paris')).toEqual(['gave up: no room']);
  });

  it('is woken by its timer when nothing else happens', async () => {
    await plan('oslo', 'wait');
    expect(await ended('oslo')).toMatchObject({ status: 'aborted', reason: 'waited too long' });
    expect(await diary('agency', 'oslo')).toEqual(['book flight', 'cancel flight']);
  });

  it('starts once, however often its event comes', async () => {
    await plan('bern', 'go');
    await ended('bern');
    await plan('bern', 'go');
    await plan('after-bern', 'go');
    await ended('after-bern');
    expect(await diary('agency', 'bern')).toEqual(['book flight']);
  });

  it('ignores a timer that ended with the process', async () => {
    await sql.query("update travel.delayed set due_at = now() where envelope->'data'->>'key' = 'rome'");
    await plan('after-rome', 'go');
    await ended('after-rome');
    expect((await ended('rome')).status).toBe('completed');
  });

  it('reads durations as people write them', () => {
    expect([durationOf('50ms'), durationOf('15m'), durationOf('1.5h')]).toEqual([50, 900_000, 5_400_000]);
    expect(() => durationOf('soon' as never)).toThrow('"soon" is no duration');
  });
});
