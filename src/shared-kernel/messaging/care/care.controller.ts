import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Allow, CurrentPrincipal } from '../../http/access.js';
import { Idempotent } from '../../http/idempotency.js';
import { Refuses, Returns } from '../../http/openapi.js';
import { pageOf, pageQuery } from '../../http/pagination.js';
import { invalidInput } from '../../http/problem.js';
import type { Principal } from '../../http/tokens.js';
import { Uuid } from '../../http/uuid.js';
import { AboutSubscriber } from './about-subscriber.js';
import { isSpan, KEY_HINT, mayBeKey, SPAN_HINT } from './limits.js';
import { MessageCare } from './message-care.js';
import { MOMENT_HINT, momentOf } from './moment.js';
import type { Selection } from './selection.js';
import type { Found, Place } from './set-aside.js';
import {
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
  Unreadable,
} from './views.js';

const Module = z.string().min(1).max(40);
const Moment = z
  .string()
  .max(40)
  .transform((text, context) => {
    const moment = momentOf(text, new Date());
    if (moment === undefined) context.addIssue(MOMENT_HINT);
    return moment;
  });
const kind = {
  type: z.string().min(1).max(200).optional().describe('of the message, such as orders.order-placed.v1'),
  key: z.string().refine(mayBeKey, KEY_HINT).optional().describe(`the ordering key; it ${KEY_HINT}`),
};
const times = {
  since: Moment.optional().describe(MOMENT_HINT),
  until: Moment.optional().describe(MOMENT_HINT),
};
const selection = { ...kind, ...times, id: Uuid.optional() };
const subscriber = Module.describe('the receiving module');

const inOrder = { error: SPAN_HINT, path: ['since'] };
const Nothing = z.strictObject({});
const Search = z
  .strictObject({ ...pageQuery, ...selection, subscriber: subscriber.optional() })
  .refine(isSpan, inOrder);
const Meant = z.strictObject({ ...selection, subscriber }).refine(isSpan, inOrder);
const parked = z.boolean().default(false).describe('parked messages, not dead letters');
const ToDiscard = z.strictObject({ ...selection, subscriber, parked }).refine(isSpan, inOrder);
const ToReplay = z.strictObject({ ...kind, ...times, subscriber }).refine(isSpan, inOrder);
const ToRedeliver = z.strictObject({
  subscriber,
  source: Module.optional().describe('one sending module; all of them without it'),
  since: Moment.optional().describe(MOMENT_HINT),
});
const Halt = z.strictObject({ ...kind, subscriber });

/** The same care as `seamline messages`, for all modules of this process. */
@Controller('admin/messages')
@Allow('admin')
export class MessageCareController {
  constructor(private readonly care: MessageCare) {}

  @Get('lag')
  @Returns(200, Lag, 'How far each subscriber is behind, and what waits in each module.')
  @Refuses({ 422: 'a query: it takes none' })
  lag(@Query({ schema: Nothing }) _query: z.output<typeof Nothing>): Promise<Lag> {
    return this.care.lag();
  }

  @Get('dead')
  @Returns(200, partialPageOf(DeadLetter), 'Dead letters, newest first.')
  @Refuses({ 422: 'an unknown module or type, or what breaks the schema' })
  async dead(@Query({ schema: Search }) { after, limit, ...meant }: z.output<typeof Search>) {
    return pageFrom(await this.care.dead(meant, { after: placeIn(after), limit }));
  }

  @Get('parked')
  @Returns(200, partialPageOf(ParkedMessage), 'Messages that wait for another try or behind another one, newest first.')
  @Refuses({ 422: 'an unknown module or type, or what breaks the schema' })
  async parked(@Query({ schema: Search }) { after, limit, ...meant }: z.output<typeof Search>) {
    return pageFrom(await this.care.parked(meant, { after: placeIn(after), limit }));
  }

  @Get(':id')
  @Returns(200, MessageStory, 'One message, whole, and where it is.')
  @Refuses({ 404: 'no module has it' })
  story(@Param('id', { schema: Uuid }) id: string): Promise<MessageStory> {
    return this.care.story(id);
  }

  @Post('retry')
  @HttpCode(200)
  @Idempotent(AboutSubscriber)
  @Returns(200, Retried, 'Dead letters are back in their places, and parked messages are due now.')
  @Refuses({ 422: 'an unknown module or type, or what breaks the schema' })
  retry(
    @Body({ schema: Meant }) meant: z.output<typeof Meant>,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<Retried> {
    return this.care.retry(meant, id);
  }

  @Post('discard')
  @HttpCode(200)
  @Idempotent(AboutSubscriber)
  @Returns(200, Discarded, 'They are gone, and the audit keeps them; or a handler is at work on them.')
  @Refuses({ 422: 'an unknown module or type, or what breaks the schema' })
  discard(
    @Body({ schema: ToDiscard }) { parked, ...meant }: z.output<typeof ToDiscard>,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<Discarded> {
    return this.care.discard(parked ? 'parked' : 'dead_letter', meant satisfies Selection, id);
  }

  @Post('replay')
  @HttpCode(200)
  @Idempotent(AboutSubscriber)
  @Returns(200, Resent, 'This history is sent again, and handled again. None where nothing matched.')
  @Refuses({ 409: 'it is not declared replayable', 422: 'an unknown module or type, or what breaks the schema' })
  replay(
    @Body({ schema: ToReplay }) history: z.output<typeof ToReplay>,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<Resent> {
    return this.care.replay(history, id);
  }

  @Post('redeliver')
  @HttpCode(200)
  @Idempotent(AboutSubscriber)
  @Returns(200, Resent, 'What is retained is sent again; only what the subscriber has not taken is handled.')
  @Refuses({ 422: 'an unknown module, or what breaks the schema' })
  redeliver(
    @Body({ schema: ToRedeliver }) { source, ...history }: z.output<typeof ToRedeliver>,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<Resent> {
    return this.care.redeliver(history, source, id);
  }

  @Post('pause')
  @HttpCode(200)
  @Idempotent(AboutSubscriber)
  @Returns(200, Paused, 'It takes no such message from its next batch on; with neither type nor key, none at all.')
  @Refuses({ 422: 'an unknown module or type, or what breaks the schema' })
  pause(@Body({ schema: Halt }) halt: z.output<typeof Halt>, @CurrentPrincipal() { id }: Principal): Promise<Paused> {
    return this.care.pause(halt, id);
  }

  @Post('resume')
  @HttpCode(200)
  @Idempotent(AboutSubscriber)
  @Returns(200, Resumed, 'The pauses that match are lifted; with neither type nor key, all of them.')
  @Refuses({ 422: 'an unknown module or type, or what breaks the schema' })
  resume(@Body({ schema: Halt }) halt: z.output<typeof Halt>, @CurrentPrincipal() { id }: Principal): Promise<Resumed> {
    return this.care.resume(halt, id);
  }

  @Delete('subscribers/:subscriber')
  @Returns(200, Forgotten, 'No source keeps messages for it any more.')
  @Refuses({ 404: 'nobody knows it', 409: 'it is a module that takes messages' })
  forget(
    @Param('subscriber', { schema: Module }) name: string,
    @CurrentPrincipal() { id }: Principal,
  ): Promise<Forgotten> {
    return this.care.forget(name, id);
  }
}

/** Of several modules, some of which may not be readable now. */
function partialPageOf<Item extends z.ZodType>(item: Item) {
  return pageOf(item).extend({ unreadable: Unreadable });
}

function pageFrom<Item>({ items, next, unreadable }: Found<Item>) {
  return { items, unreadable, next: next && Buffer.from(JSON.stringify(next)).toString('base64url') };
}

const MOST = 2n ** 63n;
const PlaceInPages = z.strictObject({
  at: z.iso.datetime({ precision: 6 }).refine((at) => at > '0001'),
  module: Module,
  row: z
    .string()
    .regex(/^\d{1,19}$/)
    .refine((row) => BigInt(row) < MOST),
});

function placeIn(after: string | undefined): Place | undefined {
  if (after === undefined) return undefined;
  try {
    return PlaceInPages.parse(JSON.parse(Buffer.from(after, 'base64url').toString()));
  } catch {
    throw invalidInput([{ field: 'after', message: 'must be the `next` of a page before' }]);
  }
}
