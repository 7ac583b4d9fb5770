import type { Type } from '@nestjs/common';
import { BetweenApps } from '#kernel/transports/between-apps';
import { InProcessTransport } from '#kernel/transports/in-process';
import type { Transport } from '#kernel/transports/transport';
import { type Addresses, bootApp, type Instance } from '#test/booted-modules';
import { NewerReceiverModule, ReceiverModule, SenderModule } from './modules.js';
import type { AppInstance } from './under-test.js';
import { Outdoors, Weather } from './weather.js';

interface Place {
  readonly modules: Type[];
  /** Modules of other apps, as this one knows them. */
  readonly elsewhere: Readonly<Record<string, Type>>;
}

/** Which app holds what: sender and receiver apart, or as a whole. */
const PLACES = {
  front: { modules: [SenderModule], elsewhere: { receiver: NewerReceiverModule } },
  back: { modules: [ReceiverModule], elsewhere: { sender: SenderModule } },
  whole: { modules: [SenderModule, ReceiverModule], elsewhere: {} },
} satisfies Record<string, Place>;
export type App = keyof typeof PLACES;

export type Role = 'sender' | 'receiver';
export const APART: Record<Role, App> = { sender: 'front', receiver: 'back' };
export const TOGETHER: Record<Role, App> = { sender: 'whole', receiver: 'whole' };

/** One running instance of an app. */
export interface PlacedApp extends Instance {
  readonly app: App;
  readonly instance: number;
  /** As its relays use it. */
  readonly transport: Transport;
}

export interface Placing {
  readonly app: App;
  readonly instance: number;
  readonly database: Addresses;
}

/** Boots one instance of an app in this process. */
export async function bootPlaced(
  { app, instance, database }: Placing,
  transportOf: (app: AppInstance) => Transport,
  weather = new Weather(),
): Promise<PlacedApp> {
  const { modules, elsewhere }: Place = PLACES[app];
  const apart = app !== 'whole';
  const appOf = (module: string) => (apart ? APART[module as Role] : app);
  const between = new Outdoors(transportOf({ app, instance, appOf }), weather);
  const outbound = new Map(Object.keys(elsewhere).map((module) => [module, between]));
  const transport = apart ? new BetweenApps(new InProcessTransport(), between, outbound) : between;
  const booted = await bootApp(modules, database, { transport: () => transport, elsewhere: Object.values(elsewhere) });
  return { ...booted, app, instance, transport };
}
