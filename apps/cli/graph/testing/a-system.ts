import type { DrawnMessage, DrawnModule, System } from '../system.js';

/** A module of the app `monolith`, unless it is said otherwise. */
export function aModule(name: string, rest: Partial<DrawnModule> = {}): DrawnModule {
  return { name, schema: name, purpose: '', dependsOn: [], app: 'monolith', ...rest };
}

/** An event with a key, unless it is said otherwise. */
export function aMessage(name: string, rest: Partial<DrawnMessage> = {}): DrawnMessage {
  const owner = name.split('.')[0] ?? '';
  const file = `src/modules/${owner}/contract/it.ts`;
  return { name, kind: 'event', owner, key: 'id', meaning: '', file, from: [], to: [], ...rest };
}

/** Modules in one app, with messages between them. */
export function aSystem(modules: readonly DrawnModule[], rest: Partial<System> = {}): System {
  return {
    name: 'shop',
    apps: [
      {
        name: 'monolith',
        gateway: true,
        transport: 'in-process',
        instances: 1,
        modules: modules.filter(({ app }) => app === 'monolith').map(({ name }) => name),
      },
    ],
    modules,
    messages: [],
    walls: [],
    violations: [],
    ...rest,
  };
}

/** So many modules, of which each sends commands to some before it and hears events from others. */
export function aLargeSystem(count: number): System {
  const name = (index: number) => `module-${String(index).padStart(3, '0')}`;
  const others = (index: number) => [...new Set([Math.floor(index / 2), Math.floor(index / 3), index - 7])];
  const before = (index: number) => others(index).filter((other) => other >= 0 && other < index);
  const indices = Array.from({ length: count }, (_, index) => index);
  return aSystem(
    indices.map((index) =>
      aModule(name(index), { purpose: 'Does a part of the work.', dependsOn: before(index).map(name) }),
    ),
    {
      messages: indices.flatMap((index) => [
        aMessage(`${name(index)}.do-it.v1`, {
          kind: 'command',
          from: indices.filter((other) => before(other).includes(index)).map(name),
          to: [name(index)],
        }),
        aMessage(`${name(index)}.done.v1`, {
          from: [name(index)],
          to: indices.filter((other) => before(other).includes(index)).map(name),
        }),
      ]),
    },
  );
}
