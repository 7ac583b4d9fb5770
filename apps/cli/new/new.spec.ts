import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { untilWithin } from '#test/until';
import { carryOut } from './carry-out.js';
import { planCommand } from './kinds/new-command.js';
import { planEvent } from './kinds/new-event.js';
import { planModule } from './kinds/new-module.js';
import { planQuery } from './kinds/new-query.js';
import { planUseCase } from './kinds/new-use-case.js';
import type { Plan } from './plan.js';
import { openRepository, type Repository } from './repository.js';
import { run } from './run.js';
import { SmallRepository } from './testing/small-repository.js';

const until = untilWithin(30_000);

describe('something new', () => {
  let small: SmallRepository;

  beforeEach(() => {
    small = new SmallRepository();
  });
  afterEach(() => small.remove());

  const make = async (plan: (repository: Repository) => Plan) => {
    const printed: string[] = [];
    await run({ root: small.root, dryRun: false }, plan, (line) => printed.push(line));
    return printed;
  };
  const depots = (repository: Repository) =>
    planModule(repository, { name: 'depots', entity: 'depot', dependsOn: ['parcels'] });

  /** Says why it was refused, having seen that it changed nothing. */
  const refusal = async (plan: (repository: Repository) => Plan): Promise<string> => {
    const before = small.content();
    const error = await make(plan).then(
      () => undefined,
      (reason) => reason,
    );
    expect(small.content()).toEqual(before);
    expect(error).toMatchObject({ name: 'UserError' });
    return `${error.message} ${error.mend}`;
  };

  it('is a module with all its parts, on the map, in the topology, released', async () => {
    await make(depots);

    const files = Object.keys(small.content()).filter(
      (path) => path.startsWith('src/modules/depots/') && /\.\w+$/.test(path),
    );
    expect(files.map((path) => path.slice('src/modules/depots/'.length)).sort()).toEqual([
      'README.md',
      'contract/depot-registered.ts',
      'contract/register-depot.ts',
      'contract/released/depot-registered.v1.json',
      'contract/released/register-depot.v1.json',
      'depots.controller.ts',
      'depots.module.ts',
      'depots.spec.ts',
      'depots.subscriber.ts',
      'domain/depot.ts',
      'module.json',
      'persistence/depot.mapping.ts',
      'persistence/migrations/0001-depots.ts',
      'use-cases/add-depot.spec.ts',
      'use-cases/add-depot.ts',
      'use-cases/get-depot.ts',
    ]);
    expect(small.read('apps/monolith/monolith.module.ts')).toContain('imports: [ParcelsModule, DepotsModule]');
    expect(JSON.parse(small.read('topology.json')).apps.monolith.modules).toEqual(['parcels', 'depots']);
    expect(JSON.parse(small.read('src/modules/depots/module.json'))).toMatchObject({ dependsOn: ['parcels'] });
    expect(small.read('src/modules/depots/depots.subscriber.ts')).toContain('@Subscribe(ParcelRegistered)');
    expect(small.read('src/modules/depots/README.md').split('\n').length).toBeLessThanOrEqual(40);
  });

  it('tells events of one name by two modules apart', async () => {
    await make((repository) => planModule(repository, { name: 'boxes', entity: 'parcel', dependsOn: ['parcels'] }));
    await make((repository) =>
      planModule(repository, { name: 'routes', entity: 'route', dependsOn: ['boxes', 'parcels'] }),
    );
    const subscriber = small.read('src/modules/routes/routes.subscriber.ts');
    expect(subscriber).toContain('{ ParcelRegistered as BoxesParcelRegistered }');
    expect(subscriber).toContain('@Subscribe(ParcelsParcelRegistered)');
  });

  it('costs as much as it should: a use case two files and two lines', async () => {
    const before = small.content();
    const printed = await make((repository) =>
      planUseCase(repository, { name: 'parcels.weigh-parcel', kind: 'command' }),
    );
    const after = small.content();

    expect(printed.filter((line) => line.startsWith('  + '))).toEqual([
      '  + src/modules/parcels/use-cases/weigh-parcel.spec.ts',
      '  + src/modules/parcels/use-cases/weigh-parcel.ts',
    ]);
    const changed = Object.keys(before).filter((path) => before[path] !== after[path]);
    expect(changed).toEqual(['src/modules/parcels/parcels.module.ts']);
    const linesOf = (content: Record<string, string>) => (content[changed[0] as string] as string).split('\n');
    expect(linesOf(after).filter((line) => !linesOf(before).includes(line))).toHaveLength(2);
  });

  it('goes into the subscriber that there is, or into a new one', async () => {
    await make((repository) => planCommand(repository, { name: 'parcels.weigh-parcel', key: 'parcelId' }));
    expect(small.read('src/modules/parcels/parcels.subscriber.ts')).toContain(
      'return this.commands.execute(new CarryOutWeighParcel(payload.parcelId));',
    );

    small.write('src/modules/flat/module.json', '{ "name": "flat", "schema": "flat", "dependsOn": [] }');
    small.write('src/modules/flat/see.ts', '@QueryHandler(See)\nexport class SeeHandler {}\n');
    small.write(
      'src/modules/flat/flat.module.ts',
      '@Module({ imports: [BoundedContext.register({ declaration })], providers: [SeeHandler] })\nexport class FlatModule {}\n',
    );
    await make((repository) => planQuery(repository, { name: 'flat.whereabouts', useCase: 'find' }));
    expect(small.read('src/modules/flat/flat.subscriber.ts')).toContain('@Answers(Whereabouts)');
    expect(small.read('src/modules/flat/find.ts')).toContain('export class FindHandler');
    expect(small.read('src/modules/flat/flat.module.ts')).toContain('answers: [FlatSubscriber]');
  });

  it.each<[string, (repository: Repository) => Plan, RegExp]>([
    [
      'the name of a module',
      (r) => planModule(r, { name: 'parcels', entity: 'parcel', dependsOn: [] }),
      /Try "parcels-2"/,
    ],
    [
      'a name in capitals',
      (r) => planModule(r, { name: 'OrderItems', entity: 'item', dependsOn: [] }),
      /Try "order-items"/,
    ],
    [
      'what the machinery calls its own',
      (r) => planModule(r, { name: 'owner', entity: 'thing', dependsOn: [] }),
      /Try "our-owner"/,
    ],
    [
      'what every object of JavaScript has',
      (r) => planModule(r, { name: 'constructor', entity: 'wall', dependsOn: [] }),
      /every object of JavaScript .* Try "our-constructor"/,
    ],
    [
      'in capitals what PostgreSQL keeps to itself',
      (r) => planModule(r, { name: 'pg_catalog', entity: 'thing', dependsOn: [] }),
      /Try "our-catalog"/,
    ],
    [
      "PostgreSQL's catalog",
      (r) => planModule(r, { name: 'information_schema', entity: 'thing', dependsOn: [] }),
      /Try "our-information-schema"/,
    ],
    [
      'the name of a module with a blank',
      (r) => planModule(r, { name: 'parcels ', entity: 'parcel', dependsOn: [] }),
      /Try "parcels-2"/,
    ],
    [
      'routes of the kernel',
      (r) => planModule(r, { name: 'admin', entity: 'message', dependsOn: [] }),
      /\/admin\/messages, which is the kernel's\. Try "our-admin"/,
    ],
    [
      'a dependency that there is not',
      (r) => planModule(r, { name: 'depots', entity: 'depot', dependsOn: ['parcel'] }),
      /Did you mean "parcels"/,
    ],
    [
      'the table of the kernel',
      (r) => planModule(r, { name: 'depots', entity: 'outbox', dependsOn: [] }),
      /outbox-entry/,
    ],
    [
      'what is called so in what it writes',
      (r) => planModule(r, { name: 'depots', entity: 'owner', dependsOn: [] }),
      /"owner" would stand for two things/,
    ],
    [
      'a key that is called so in what it writes',
      (r) => planCommand(r, { name: 'parcels.weigh', key: 'tx' }),
      /"tx" would stand for two things/,
    ],
    [
      'a key that nothing can be called by',
      (r) => planCommand(r, { name: 'parcels.weigh', key: 'default' }),
      /reserved word[^.]*\. Nothing was written/,
    ],
    ['a word of TypeScript', (r) => planModule(r, { name: 'depots', entity: 'class', dependsOn: [] }), /class-entry/],
    [
      'a message that there is',
      (r) => planEvent(r, { name: 'parcels.parcel-registered', key: 'id' }),
      /"parcel-registered-2"/,
    ],
    ['a message without its module', (r) => planEvent(r, { name: 'parcel-lost', key: 'id' }), /"parcels.parcel-lost"/],
    ['a later version', (r) => planEvent(r, { name: 'parcels.parcel-lost.v2', key: 'id' }), /begins with v1/],
    ['a key that is no property', (r) => planEvent(r, { name: 'parcels.parcel-lost', key: 'parcel-id' }), /"orderId"/],
    [
      'a use case that there is',
      (r) => planUseCase(r, { name: 'parcels.add-parcel', kind: 'command' }),
      /"add-parcel-2"/,
    ],
    [
      'a use case called as its contract',
      (r) => planCommand(r, { name: 'parcels.weigh', key: 'id', useCase: 'weigh' }),
      /Try "carry-out-weigh"/,
    ],
    [
      'a name that the files import already',
      (r) => planCommand(r, { name: 'parcels.message', key: 'id' }),
      /"Message" would stand for two things/,
    ],
  ])('refuses %s', async (_what, plan, said) => {
    expect(await refusal(plan)).toMatch(said);
  });

  it('refuses a schema that another module has', async () => {
    small.write('src/modules/x/module.json', '{ "name": "x", "schema": "gift_cards", "dependsOn": [] }');
    expect(await refusal((r) => planModule(r, { name: 'gift-cards', entity: 'card', dependsOn: [] }))).toMatch(
      /that of x.*"gift-cards-2"/,
    );
  });

  it.each([
    [
      'providers that a function names',
      'src/modules/parcels/parcels.module.ts',
      /providers: \[[^\]]*\]/,
      'providers: all()',
    ],
    ['two classes in the subscriber', 'src/modules/parcels/parcels.subscriber.ts', /$/, '\nclass Other {}\n'],
  ])('is not guessed into %s', async (_what, path, from, to) => {
    small.write(path, small.read(path).replace(from, to));
    const said = await refusal((repository) => planCommand(repository, { name: 'parcels.weigh', key: 'id' }));
    expect(said).toContain(path);
  });

  it('is only listed on a dry run, with all that it would write', async () => {
    const before = small.content();
    const listed: string[] = [];
    await run({ root: small.root, dryRun: true }, depots, (line) => listed.push(line));
    expect(small.content()).toEqual(before);

    const written = await make(depots);
    expect(listed.filter((line) => line.startsWith('  '))).toEqual(written.slice(1, written.indexOf('Next:')));
    const after = small.content();
    const files = Object.keys(after).filter((path) => after[path] !== before[path] && after[path] !== 'a folder');
    expect(
      listed
        .slice(1)
        .map((line) => line.slice(4))
        .sort(),
    ).toEqual(files.sort());
    expect(files).toContain('src/modules/depots/contract/released/depot-registered.v1.json');
  });

  it('tells which generated pages it has changed, and on a dry run which it may', async () => {
    small.write('node_modules/.package-lock.json', '');
    small.write('bin/seamline.js', '');
    small.write('bin/fresh-dist.js', 'export const freshDist = () => undefined;\n');
    small.write(
      'dist/apps/cli/main.js',
      "export const main = () => import('node:fs').then((fs) => fs.writeFileSync('docs/architecture.md', 'new'));\n",
    );
    small.write('docs/architecture.md', 'old');
    small.write('docs/openapi.json', '{}');
    small.write('docs/own.md', 'mine');
    const changed = (lines: string[]) => lines.filter((line) => line.startsWith('  ~ docs/'));
    const listed: string[] = [];
    await run({ root: small.root, dryRun: true }, depots, (line) => listed.push(line));
    expect(changed(listed)).toEqual([
      '  ~ docs/architecture.md, if what it shows changes',
      '  ~ docs/openapi.json, if what it shows changes',
    ]);
    expect(changed(await make(depots))).toEqual(['  ~ docs/architecture.md']);
  });

  it('leaves nothing behind when its contracts cannot be released', async () => {
    small.write('src/modules/parcels/contract/broken.ts', "throw new Error('broken');\n");
    expect(await refusal(depots)).toContain('src/modules/parcels/contract/broken.ts');
  });

  it('overwrites nothing that came meanwhile', async () => {
    const plan = depots(openRepository(small.root));
    small.write('src/modules/depots/domain/depot.ts', 'somebody else was quicker');
    const before = small.content();
    await expect(carryOut(small.root, plan)).rejects.toThrow('src/modules/depots/domain/depot.ts is there already');
    expect(small.content()).toEqual(before);

    const changed = planUseCase(openRepository(small.root), { name: 'parcels.weigh-parcel', kind: 'query' });
    small.write('src/modules/parcels/parcels.module.ts', 'edited meanwhile');
    await expect(carryOut(small.root, changed)).rejects.toThrow('has changed meanwhile');
    expect(small.read('src/modules/parcels/parcels.module.ts')).toBe('edited meanwhile');
  });

  it('leaves nothing behind when it is interrupted', async () => {
    small.write('bin/seamline.js', '');
    small.write('node_modules/.package-lock.json', '');
    small.write(
      'bin/fresh-dist.js',
      'export const freshDist = () => new Promise((done) => setTimeout(done, 600_000));\n',
    );
    const before = small.content();
    const child = spawn(process.execPath, ['bin/seamline.js', 'new', 'module', 'depots', '--root', small.root], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    const ended = once(child, 'close');
    await until(async () => existsSync(join(small.root, 'src/modules/depots/contract/released')));
    child.kill('SIGINT');

    expect((await ended)[0]).toBe(130);
    expect(said).toContain('interrupted');
    expect(small.content()).toEqual(before);
  });
});
