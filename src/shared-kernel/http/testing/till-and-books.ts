import { Migration } from '@mikro-orm/migrations';
import { Body, Controller, Get, Injectable, Module, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { BoundedContext } from '../../bounded-context.js';
import { defineEvent } from '../../contract/message.js';
import { type Message, Subscribe } from '../../messaging/subscriptions.js';
import type { Transaction } from '../../persistence/unit-of-work.js';
import { UnitOfWork } from '../../persistence/unit-of-work.js';
import { Public } from '../access.js';
import { created } from '../answer.js';
import { Idempotent } from '../idempotency.js';
import { ReadYourWrites } from '../read-your-writes.js';

const shape = z.strictObject({ key: z.string(), n: z.int() });
export const Sold = defineEvent('till.sold.v1', 'key', shape);
export const Entered = defineEvent('books.entered.v1', 'key', shape);

class Tables extends Migration {
  override up(): void {
    this.addSql('create table entry (at bigint generated always as identity, type text, key text, n int)');
    this.addSql('create table trouble (key text primary key)');
  }
}

/** Writes down what it hears, and fails at the keys that the table `trouble` names. */
async function write({ type, key, payload: { n } }: Message<typeof Sold>, tx: Transaction): Promise<void> {
  await tx.query('insert into entry (type, key, n) values ($1, $2, $3)', [type, key, n]);
  const trouble = await tx.query('select 1 from trouble where key = $1', [key]);
  if (trouble.length > 0) throw new Error(`no luck with ${key}`);
}

@Injectable()
class TillHears {
  @Subscribe(Entered)
  entered(message: Message<typeof Entered>, tx: Transaction): Promise<void> {
    return write(message, tx);
  }
}

@Injectable()
class BooksHear {
  @Subscribe(Sold, { replayable: true })
  sold(message: Message<typeof Sold>, tx: Transaction): Promise<void> {
    return write(message, tx);
  }
}

@Public()
@ReadYourWrites()
@Controller('till/sales')
class Sales {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Post()
  async sell(@Body({ schema: shape }) sale: z.infer<typeof shape>) {
    await this.unitOfWork.transaction(async (tx) => tx.publish(Sold, sale));
    return created(sale);
  }

  @Get(':key')
  heard(@Param('key') key: string) {
    return this.unitOfWork.query('select type, n from entry where key = $1 order by at', [key]);
  }
}

@Public()
@ReadYourWrites()
@Controller('books/entries')
class Entries {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Post()
  @Idempotent()
  async enter(@Body({ schema: shape }) entry: z.infer<typeof shape>) {
    await this.unitOfWork.transaction(async (tx) => tx.publish(Entered, entry));
    return created(entry, `/books/entries/${entry.key}`);
  }

  @Get(':key')
  heard(@Param('key') key: string) {
    return this.unitOfWork.query('select type, n from entry where key = $1 order by at', [key]);
  }
}

const context = (name: string, dependsOn: string[], subscriber: new () => object) =>
  BoundedContext.register({
    declaration: { name, schema: name, dependsOn },
    entities: [],
    migrations: [{ name: `${name}-0001`, class: Tables }],
    subscribers: [subscriber],
  });

@Module({ imports: [context('till', ['books'], TillHears)], controllers: [Sales], providers: [TillHears] })
export class TillModule {}

@Module({ imports: [context('books', ['till'], BooksHear)], controllers: [Entries], providers: [BooksHear] })
export class BooksModule {}
