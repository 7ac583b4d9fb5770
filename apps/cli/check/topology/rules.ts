import type { Rule, Violation } from '../wall.js';

const RULE_TEXTS = {
  'module-declares-itself': {
    why: 'A folder under src/modules is a module, and its module.json is the one place where lint, graph and the runtime read what it is called, which schema is its own and whose contracts it imports.',
    mend: 'Write a module.json as the neighbours have, with the folder\'s own name and "$schema": "../../../module.schema.json", by which an editor completes it.',
  },
  'module-tells-its-purpose': {
    why: 'A module is understood by people who did not write it only if it says in a README what it is for, which words it uses and what must always hold.',
    mend: 'Write src/modules/<module>/README.md: a heading, the purpose, the language, the invariants, the messages in and out.',
  },
  'module-is-on-the-map': {
    why: 'The import list in apps/monolith/monolith.module.ts is the map of the system, and a module that is missing there runs in no app.',
    mend: 'Add the class of the module to the imports of MonolithModule, or delete the folder.',
  },
  'one-schema-a-module': {
    why: "Two modules in one schema can reach each other's tables, and neither can leave with its data.",
    mend: 'Give each module a "schema" of its own.',
  },
  'depends-on-known-modules': {
    why: 'Lint, graph and the relays go by what dependsOn names: other modules, by the name of their folder, each once.',
    mend: 'Correct the name in dependsOn, or remove it.',
  },
  'no-cycle-between-modules': {
    why: 'Modules that depend on each other in a circle can only be understood, released and extracted together.',
    mend: 'Let one of them orchestrate: it sends commands to the others and subscribes to their events, and they echo an opaque reference instead of knowing it.',
  },
  'topology-is-well-formed': {
    why: 'A topology that cannot be read, or has a word or a transport that nobody knows, stops every app at its start.',
    mend: 'Write it as topology.schema.json says; an editor completes it where "$schema" names that file.',
  },
  'every-module-in-one-app': {
    why: 'A module that stands in no app answers nobody, and one that stands in two would do everything twice.',
    mend: 'Place every module in exactly one app of the topology, under the name of its folder.',
  },
  'apps-reach-each-other': {
    why: 'Apps that have no way to each other, or no one that faces the public, can neither exchange messages nor serve what they hold.',
    mend: 'Take a transport that goes between apps, such as "direct", and name as "gateway" an app that there is.',
  },
  'handler-names-its-message': {
    why: 'Who takes which message is read from the sources, and a message that only running them would tell can neither be checked nor drawn.',
    mend: 'Hand the decorator the constant of a contract itself, as @Subscribe(OrderPlaced), instead of a parameter or what a function returns.',
  },
  'handler-takes-a-declared-message': {
    why: 'A subscription to what no contract declares never hears anything, because nobody can publish it.',
    mend: 'Correct the name, or have its owner declare the message in its contract/.',
  },
  'handler-fits-its-message': {
    why: 'Events are subscribed to, commands are handled and queries are answered; each of them is delivered in its own way.',
    mend: 'Take @Subscribe for an event, @Handle for a command, @Answers for a query; a saga moves on events.',
  },
  'only-the-owner-takes': {
    why: 'A command is carried out, and a query answered, by the one module that owns it, so that its sender need not know who that is.',
    mend: 'Move the handler to the owner, or subscribe to an event that tells what came of it.',
  },
  'one-handler-a-command': {
    why: 'A command that nobody handles waits for ever, and of two handlers nobody knows which one carries it out.',
    mend: 'Give every command exactly one method with @Handle in the module that owns it, or delete its contract.',
  },
  'one-answer-a-query': {
    why: 'A query that nobody answers fails whoever asks it, and of two answers nobody knows which one is given.',
    mend: 'Give every query exactly one method with @Answers in the module that owns it, or delete its contract.',
  },
  'only-the-owner-publishes': {
    why: 'An event is a fact about the module it is named after, and the transaction of another module refuses to publish it.',
    mend: 'Publish an event of your own, or send its owner a command that makes it happen.',
  },
  'takes-only-what-it-depends-on': {
    why: 'Whose messages a module takes, sends and asks decides which modules can leave alone, so it is said in module.json and not by a handler in passing.',
    mend: 'Add the owner of the message to dependsOn in the module.json, or do without the message.',
  },
  'handlers-are-registered': {
    why: 'The kernel finds nothing by reflection: a class that is missing from what BoundedContext.register lists hears, handles and answers nothing, and nobody is told.',
    mend: 'Add the class to "subscribers", "sagas" or "answers", or the query to "asks", of BoundedContext.register.',
  },
  'query-has-a-deadline': {
    why: 'Whoever asks without a deadline waits as long as the other is ill, and makes all those wait that ask it in turn.',
    mend: 'Say how long you wait, as queries.ask(Availability, request, { within: 500 }), and what you do when no answer comes.',
  },
} as const satisfies Record<string, Pick<Rule, 'why' | 'mend'>>;

export type RuleName = keyof typeof RULE_TEXTS;

export const RULES: readonly Rule[] = Object.entries(RULE_TEXTS).map(([name, texts]) => ({
  name,
  wall: 'topology',
  ...texts,
}));

/** A violation of one of these rules, and of no other. */
export interface Broken extends Violation {
  readonly rule: RuleName;
}
