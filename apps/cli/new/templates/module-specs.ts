import type { Files } from '../plan.js';
import type { Vocabulary } from './vocabulary.js';

/** A module's proof: it boots on a real database, and does what its README says. */
export function moduleSpecs(words: Vocabulary): Files {
  return {
    [`${words.module.kebab}.spec.ts`]: moduleSpec(words),
    [`use-cases/${words.addition.kebab}.spec.ts`]: useCaseSpec(words),
  };
}

function moduleSpec({ module, entity, route, anEntity, event, id }: Vocabulary): string {
  const { pascal, kebab } = module;
  return `import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Scenario, startScenario } from '#test/scenario';
import { ${event.pascal} } from './contract/${event.kebab}.js';
import { ${pascal}Module } from './${kebab}.module.js';

describe('${module.words}', () => {
  let scenario: Scenario;
  let owner: string;
  let stranger: string;
  let admin: string;

  beforeAll(async () => {
    scenario = await startScenario([${pascal}Module]);
    const tokenFor = (n: number, role: string) =>
      scenario.tokenFor({ id: \`0199a000-0000-7000-8000-00000000000\${n}\`, roles: [role] });
    [owner, stranger, admin] = await Promise.all([tokenFor(1, 'customer'), tokenFor(2, 'customer'), tokenFor(3, 'admin')]);
  });
  afterAll(() => scenario.close());

  const add = (body: object, headers: Record<string, string> = {}) =>
    scenario.request('POST', '/${route}', { token: owner, body, headers });
  const look = (path: string, token: string) => scenario.request('GET', path, { token });

  it('keeps ${anEntity}, shows it to its owner, and tells the other modules', async () => {
    const added = await add({ name: ' One ' });

    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ name: 'One' });
    expect((await look(added.headers.get('location') ?? '', owner)).body).toEqual(added.body);
    const told = await scenario.event(${event.pascal}, ({ ${id} }) => ${id} === added.body.id);
    expect(told).toEqual({ ${id}: added.body.id, name: 'One' });
  });

  it('hides it from others, but not from administrators', async () => {
    const path = (await add({ name: 'Mine' })).headers.get('location') ?? '';

    expect((await look(path, stranger)).status).toBe(404);
    expect((await look(path, admin)).status).toBe(200);
    expect((await scenario.request('GET', path)).status).toBe(401);
  });

  it.each([
    ['no name', {}, 'name'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a property that nobody knows', { name: 'One', colour: 'red' }, 'body'],
  ])('refuses %s and names the field', async (_what, wrong, field) => {
    const refused = await add(wrong);
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([expect.objectContaining({ field })]);
  });

  it('answers 404 for ${anEntity} that there is not', async () => {
    const answer = await look('/${route}/0199a000-0000-7000-8000-0000000000ff', owner);
    expect(answer.body).toMatchObject({ status: 404, type: 'urn:problem:unknown-${entity.kebab}' });
  });

  it('adds it once under one idempotency key', async () => {
    const first = await add({ name: 'Keyed' }, { 'idempotency-key': 'keyed' });
    const second = await add({ name: 'Keyed' }, { 'idempotency-key': 'keyed' });
    expect(second.body).toEqual(first.body);
  });
});
`;
}

function useCaseSpec({ module, entity, event, command, addition, id }: Vocabulary): string {
  return `import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { type Scenario, startScenario } from '#test/scenario';
import { ${command.pascal} } from '../contract/${command.kebab}.js';
import { ${event.pascal} } from '../contract/${event.kebab}.js';
import { ${module.pascal}Module } from '../${module.kebab}.module.js';
import { ${addition.pascal} } from './${addition.kebab}.js';

describe('${addition.words}', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await startScenario([${module.pascal}Module]);
  });
  afterAll(() => scenario.close());

  it('is done for another module that asks for it, and once', async () => {
    const ${id} = '0199a000-0000-7000-8000-000000000001';
    await scenario.send(${command.pascal}, { ${id}, owner: 'somebody', name: 'First' });
    await scenario.event(${event.pascal}, (told) => told.${id} === ${id});

    const again = new ${addition.pascal}({ id: ${id}, owner: 'somebody', name: 'Second' });
    const ${entity.camel} = await scenario.get(CommandBus).execute(again);
    expect(${entity.camel}).toMatchObject({ id: ${id}, name: 'First' });
  });
});
`;
}
