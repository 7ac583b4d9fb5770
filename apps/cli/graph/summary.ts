import type { DrawnMessage, System } from './system.js';

/** What there is, by number: `6 modules in 1 app. 10 commands, 21 events, 2 queries. 1 violation.` */
export function summary({ apps, modules, messages, walls, violations }: System): string {
  const of = (kind: DrawnMessage['kind']) => messages.filter((message) => message.kind === kind).length;
  const where = apps.length > 0 ? ` in ${counted(apps.length, 'app')}` : '';
  const what = [
    counted(of('command'), 'command'),
    counted(of('event'), 'event'),
    counted(of('query'), 'query', 'queries'),
  ];
  const broken =
    walls.length === 0
      ? ''
      : ` ${violations.length === 0 ? 'No violations' : counted(violations.length, 'violation')}.`;
  return `${counted(modules.length, 'module')}${where}. ${what.join(', ')}.${broken}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
