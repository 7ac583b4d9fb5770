import type { Action } from './audit.js';
import { countForDiscard, discard, type Table } from './discard.js';
import { countForForget, forget } from './forget.js';
import { readLag } from './lag.js';
import { type ModuleDatabase, type ModuleUnderCare, moduleNamed } from './module-under-care.js';
import { type Halt, pause, resume } from './pause.js';
import { type History, redeliver, replay } from './resend.js';
import { countForRetry, retry } from './retry.js';
import { mustBeKnown, type Selection } from './selection.js';
import { type Found, listDead, listParked, type PageOptions } from './set-aside.js';
import { storyOf } from './story.js';
import { explaining, ModuleNotUsable, orNotUsable, readAll } from './unusable.js';
import type {
  DeadLetter,
  Discarded,
  Forgotten,
  Lag,
  MessageStory,
  ParkedMessage,
  Paused,
  Resent,
  Resumed,
  Retried,
} from './views.js';

/**
 * An operator's care for messages: what waits where and why, and what can be done about it. It works on the modules' own
 * tables, so it needs no running app, and a running one notices within a second. Every action is written into the audit
 * of the schema that it changed. Each method throws a DomainError where a name is unknown or an action refused. What is
 * only shown is shown as far as modules can be read; an action needs all those that it is about.
 */
export class MessageCare {
  private readonly modules: () => readonly ModuleUnderCare[];

  constructor(modules: () => readonly ModuleUnderCare[]) {
    this.modules = () => modules().map((each) => ({ ...each, database: explaining(each.database) }));
  }

  /**
   * Where something about a module is kept: with itself, or, where that lives in another app, with the first one here.
   * @throws DomainError where there is none
   */
  databaseFor(module: string): ModuleDatabase {
    const modules = this.modules();
    const own = modules.find(({ database }) => database.module === module) ?? modules[0];
    return (own ?? moduleNamed(module, modules)).database;
  }

  /** All others; those that cannot be read now are passed over. */
  async askOthers<Row>(module: string, text: string, values: unknown[]): Promise<Row[]> {
    const others = this.modules().filter(({ database }) => database.module !== module);
    const answers = await Promise.all(others.map(({ database }) => orNotUsable(database.query<Row>(text, values))));
    return answers.flatMap((rows) => (rows instanceof ModuleNotUsable ? [] : rows));
  }

  lag(): Promise<Lag> {
    return readLag(this.modules());
  }

  async dead(selection: Selection, page: PageOptions): Promise<Found<DeadLetter>> {
    await mustBeKnown(selection, this.modules());
    return listDead(this.modules(), selection, page);
  }

  async parked(selection: Selection, page: PageOptions): Promise<Found<ParkedMessage>> {
    await mustBeKnown(selection, this.modules());
    return listParked(this.modules(), selection, page);
  }

  story(id: string): Promise<MessageStory> {
    return storyOf(this.modules(), id);
  }

  /** The time on the databases' clocks; the earliest, where there are several. */
  async now(): Promise<Date> {
    const { found } = await readAll(
      this.modules().map(({ database }) =>
        database.query<{ now: string }>('select (extract(epoch from clock_timestamp()) * 1000)::text as now'),
      ),
    );
    return new Date(Math.min(...found.flat().map(({ now }) => Math.floor(Number(now)))));
  }

  async countForRetry(selection: Selection): Promise<Retried> {
    await mustBeKnown(selection, this.modules());
    return countForRetry(this.modules(), selection);
  }

  async retry(selection: Selection, actor: string): Promise<Retried> {
    await mustBeKnown(selection, this.modules());
    return retry(this.modules(), selection, { actor, action: 'retry', filter: selection });
  }

  async countForDiscard(table: Table, selection: Selection): Promise<number> {
    await mustBeKnown(selection, this.modules());
    return countForDiscard(this.modules(), table, selection);
  }

  async discard(table: Table, selection: Selection, actor: string): Promise<Discarded> {
    await mustBeKnown(selection, this.modules());
    const action: Action = { actor, action: 'discard', filter: { table, ...selection } };
    return discard(this.modules(), table, selection, action);
  }

  replay(history: History, actor: string): Promise<Resent> {
    return replay(this.modules(), history, { actor, action: 'replay', filter: history });
  }

  redeliver(
    history: Pick<History, 'subscriber' | 'since'>,
    source: string | undefined,
    actor: string,
  ): Promise<Resent> {
    const action: Action = { actor, action: 'redeliver', filter: { ...history, source } };
    return redeliver(this.modules(), history, source, action);
  }

  async pause(halt: Halt, actor: string): Promise<Paused> {
    await mustBeKnown(halt, this.modules());
    return pause(this.modules(), halt, { actor, action: 'pause', filter: halt });
  }

  async resume(halt: Halt, actor: string): Promise<Resumed> {
    await mustBeKnown(halt, this.modules());
    return resume(this.modules(), halt, { actor, action: 'resume', filter: halt });
  }

  countForForget(subscriber: string): Promise<number> {
    return countForForget(this.modules(), subscriber);
  }

  forget(subscriber: string, actor: string): Promise<Forgotten> {
    return forget(this.modules(), subscriber, { actor, action: 'forget', filter: { subscriber } });
  }
}
