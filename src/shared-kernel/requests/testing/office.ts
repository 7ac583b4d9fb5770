import { Controller, Get, Injectable, Module, type Type } from '@nestjs/common';
import { z } from 'zod';
import { BoundedContext } from '../../bounded-context.js';
import { defineEvent } from '../../contract/message.js';
import { defineQuery, type ReplyOf, type RequestOf } from '../../contract/query.js';
import { Public } from '../../http/access.js';
import { Subscribe } from '../../messaging/subscriptions.js';
import { UnitOfWork } from '../../persistence/unit-of-work.js';
import { Answers } from '../answers.js';
import type { Asked } from '../call.js';
import { Queries } from '../queries.js';

export const Greeting = defineQuery(
  'desk.greeting.v1',
  z.strictObject({ name: z.string() }),
  z.strictObject({ text: z.string() }),
);
/** How long the one who is asked has left, before the desk asks the attic in turn, and how long the attic has then. */
export const TimeLeft = defineQuery(
  'desk.time-left.v1',
  z.strictObject({ within: z.number() }),
  z.strictObject({ desk: z.number(), attic: z.number() }),
);
export const AtticTimeLeft = defineQuery(
  'attic.time-left.v1',
  z.strictObject({}),
  z.strictObject({ left: z.number() }),
);
/** Declared, and answered by nobody. */
export const Riddle = defineQuery('desk.riddle.v1', z.strictObject({}), z.strictObject({ text: z.string() }));
export const Rang = defineEvent('hall.rang.v1', 'bell', z.strictObject({ bell: z.string() }));

type Greet = (request: RequestOf<typeof Greeting>, asked: Asked) => unknown;

/** What the desk does when it is asked to greet; a test may make it do anything. */
export const desk: { greet: Greet } = { greet: politely };

export function politely({ name }: { name: string }) {
  return { text: `Good day, ${name}.` };
}

const leftOf = ({ deadline }: Asked) => deadline.getTime() - Date.now();

@Injectable()
class DeskAnswers {
  constructor(private readonly queries: Queries) {}

  @Answers(Greeting)
  async greeting(request: RequestOf<typeof Greeting>, asked: Asked): Promise<ReplyOf<typeof Greeting>> {
    return (await desk.greet(request, asked)) as ReplyOf<typeof Greeting>;
  }

  @Answers(TimeLeft)
  async timeLeft({ within }: RequestOf<typeof TimeLeft>, asked: Asked): Promise<ReplyOf<typeof TimeLeft>> {
    const desk = leftOf(asked);
    const { left } = await this.queries.ask(AtticTimeLeft, {}, { within });
    return { desk, attic: left };
  }
}

@Injectable()
class AtticAnswers {
  @Answers(AtticTimeLeft)
  timeLeft(_request: RequestOf<typeof AtticTimeLeft>, asked: Asked): ReplyOf<typeof AtticTimeLeft> {
    return { left: leftOf(asked) };
  }
}

/** Long compared with what those who ask have themselves. In milliseconds. */
export const LONG = 50_000;
export const HANDLER_DEADLINE = 10_000;

/** The hall asks: on its own, while it takes a message, and while it answers a request. */
@Injectable()
export class Hall {
  readonly whenItRang: ReplyOf<typeof TimeLeft>[] = [];

  constructor(
    readonly queries: Queries,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  ring(bell: string): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => tx.publish(Rang, { bell }));
  }

  @Subscribe(Rang, { deadline: HANDLER_DEADLINE })
  async rang(): Promise<void> {
    this.whenItRang.push(await this.queries.ask(TimeLeft, { within: LONG }, { within: LONG }));
  }
}

@Controller('hall')
class HallController {
  constructor(private readonly queries: Queries) {}

  @Get('time-left')
  @Public()
  timeLeft() {
    return this.queries.ask(TimeLeft, { within: LONG }, { within: LONG });
  }
}

const own = { entities: [], migrations: [] };

@Module({
  imports: [
    BoundedContext.register({
      ...own,
      declaration: { name: 'hall', schema: 'hall', dependsOn: ['desk'] },
      subscribers: [Hall],
      asks: [Greeting, TimeLeft],
    }),
  ],
  controllers: [HallController],
  providers: [Hall],
})
export class HallModule {}

@Module({
  imports: [
    BoundedContext.register({
      ...own,
      declaration: { name: 'desk', schema: 'desk', dependsOn: ['attic'] },
      answers: [DeskAnswers],
      asks: [AtticTimeLeft],
    }),
  ],
  providers: [DeskAnswers],
})
export class DeskModule {}

@Module({
  imports: [
    BoundedContext.register({
      ...own,
      declaration: { name: 'attic', schema: 'attic', dependsOn: [] },
      answers: [AtticAnswers],
    }),
  ],
  providers: [AtticAnswers],
})
export class AtticModule {}

/** A module that asks nothing but what nobody answers. */
export function lostModule(name: string, dependsOn: string[]): Type {
  class Lost {}
  const context = BoundedContext.register({ ...own, declaration: { name, schema: name, dependsOn }, asks: [Riddle] });
  Module({ imports: [context] })(Lost);
  return Lost;
}
